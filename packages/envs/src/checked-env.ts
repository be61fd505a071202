import { describeValue } from './describe-value.ts';
import type { Env, ResetRequest, ResetResult, StepResult } from './env.ts';

/**
 * Begins an episode of `env` and refuses a result that breaks the contract of {@link Env}. For loops: what they take over
 * unchecked would be learned from.
 *
 * @param name begins the message; default: the environment's id
 * @throws TypeError for a result, an observation or an info that isn't one
 * @throws RangeError for an observation of another size than the space's, or with an entry that no 32-bit float holds
 * @throws Error what the environment throws, with its name in front
 */
export function checkedReset(env: Env, request?: ResetRequest, name = env.id): ResetResult {
  let result: ResetResult;
  try {
    result = env.reset(request);
  } catch (error) {
    throw thrownBy(env, error, name, 'reset()');
  }
  requireResult(result, name, 'reset()');
  checkObservation(result.observation, env.observationSpace.size, name, 'reset()');
  checkInfo(result.info, name, 'reset()');
  return result;
}

/**
 * Steps `env` and refuses a result that breaks the contract of {@link Env}; see {@link checkedReset}.
 *
 * @throws TypeError also for a flag that isn't true or false, and a reward that isn't a number
 * @throws RangeError also for a reward that no 32-bit float holds
 */
export function checkedStep(env: Env, action: ArrayLike<number>, name = env.id): StepResult {
  return checkedResult(env, (given) => env.step(given), action, name);
}

/** A step of `env` as {@link checkedStep} takes it, with the function that takes it. */
export function checkedResult(
  env: Env,
  step: Env['step'],
  action: ArrayLike<number>,
  name: string,
): StepResult {
  let result: StepResult;
  try {
    result = step(action);
  } catch (error) {
    throw thrownBy(env, error, name, 'step()');
  }
  requireResult(result, name, 'step()');
  checkObservation(result.observation, env.observationSpace.size, name, 'step()');
  const { reward, terminated, truncated } = result;
  if (!isFloat32(reward)) throw numberError(reward, name, 'step()', 'reward');
  if (typeof terminated !== 'boolean') throw flagError(result, 'terminated', name);
  if (typeof truncated !== 'boolean') throw flagError(result, 'truncated', name);
  checkInfo(result.info, name, 'step()');
  return result;
}

/**
 * Refuses what has no observation, such as nothing, a promise or an array. For wrappers, which have to look into it before a loop
 * does.
 *
 * @throws TypeError saying what came
 */
export function requireResult(result: unknown, name: string, call: 'reset()' | 'step()'): void {
  if (typeof result === 'object' && result !== null && 'observation' in result) return;
  const fields =
    call === 'step()' ? '{ observation, reward, terminated, truncated, info }' : '{ observation, info }';
  throw new TypeError(
    `${name}: ${call} gave ${describeValue(result)}, expected ${fields}. Return that object, at once and not as a promise.`,
  );
}

/** What was thrown, as it is if it names the environment, as errors of this project do, or is no error. */
function thrownBy(env: Env, thrown: unknown, name: string, call: string): unknown {
  if (!(thrown instanceof Error) || thrown.message.includes(env.id)) return thrown;
  return new Error(`${name}: ${call} threw ${thrown.name}: ${thrown.message}`, { cause: thrown });
}

function checkObservation(observation: unknown, size: number, name: string, call: string): void {
  if (!isArray(observation)) {
    throw new TypeError(
      `${name}: ${call} gave ${describeValue(observation)} as observation, expected an array of ${size} numbers. ` +
        'Return observation: Float64Array.of(...).',
    );
  }
  if (observation.length !== size) {
    throw new RangeError(
      `${name}: ${call} gave an observation of ${observation.length} entries, expected ${size} as in observationSpace. ` +
        'Correct the observation or the space.',
    );
  }
  for (let i = 0; i < size; i += 1) {
    const entry: unknown = observation[i];
    if (!isFloat32(entry)) throw numberError(entry, name, call, `entry ${i} of the observation`);
  }
}

function checkInfo(info: unknown, name: string, call: string): void {
  if (typeof info === 'object' && info !== null) return;
  throw new TypeError(
    `${name}: ${call} gave ${describeValue(info)} as info, expected an object. Return info: {} if there is nothing to tell.`,
  );
}

const isArray = (value: unknown): value is ArrayLike<unknown> =>
  (ArrayBuffer.isView(value) && 'length' in value) || Array.isArray(value);

// Agents learn in 32-bit floats, in which 1e39 is infinite.
const isFloat32 = (value: unknown) => typeof value === 'number' && Number.isFinite(Math.fround(value));

function numberError(value: unknown, name: string, call: string, what: string): Error {
  const message = `${name}: ${call} gave ${describeValue(value)} as ${what}, expected a finite 32-bit float`;
  if (typeof value !== 'number') return new TypeError(`${message}. Return a number.`);
  return new RangeError(
    `${message}. Look in the environment for a division by 0, or for a state that ran away: end the episode before that.`,
  );
}

function flagError(result: StepResult, flag: 'terminated' | 'truncated', name: string): TypeError {
  const came = describeValue(result[flag]);
  if (result[flag] === undefined && 'done' in result) {
    return new TypeError(
      `${name}: step() gave done and no ${flag}, as in Gym before 0.26. Return terminated: true where the task ended, ` +
        'truncated: true where a time limit cut the episode off, and false for both elsewhere.',
    );
  }
  return new TypeError(
    `${name}: step() gave ${came} as ${flag}, expected true or false. Return a truth value for both terminated and truncated.`,
  );
}
