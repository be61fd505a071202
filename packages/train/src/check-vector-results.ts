import type { VectorEnv, VectorResetResult, VectorStepResult } from '@meow-rl/envs';

/**
 * Refuses the result of a reset that isn't as {@link VectorEnv} says: it may be of one written by hand.
 *
 * @param where begins messages
 * @throws TypeError for an array of another kind
 * @throws RangeError for one of another size, or an observation that no 32-bit float holds
 */
export function checkVectorReset(
  env: VectorEnv,
  result: VectorResetResult,
  where: string,
): VectorResetResult {
  checkObservations(env, result, 'reset()', where);
  return result;
}

/**
 * Refuses the result of a step; see {@link checkVectorReset}. Last observations are looked at where they are stored, and rewards
 * where they count, by {@link finiteReward}: a row that only resets has none.
 */
export function checkVectorStep(env: VectorEnv, result: VectorStepResult, where: string): VectorStepResult {
  const { numEnvs, singleObservationSpace } = env;
  checkArray(env, result, 'rewards', Float64Array, numEnvs, where);
  checkArray(env, result, 'terminated', Uint8Array, numEnvs, where);
  checkArray(env, result, 'truncated', Uint8Array, numEnvs, where);
  checkArray(env, result, 'finalObservations', Float64Array, numEnvs * singleObservationSpace.size, where);
  if (result.finalObservationUnknown)
    checkArray(env, result, 'finalObservationUnknown', Uint8Array, numEnvs, where);
  checkObservations(env, result, 'step()', where);
  return result;
}

/**
 * The reward of a row whose step counts.
 *
 * @throws RangeError for one that is no finite number
 */
export function finiteReward(
  { id }: VectorEnv,
  row: number,
  reward: number | undefined,
  where: string,
): number {
  if (reward !== undefined && Number.isFinite(reward)) return reward;
  throw new RangeError(
    `${where}: step() of ${id} gave ${reward} as reward of environment ${row}, expected a finite number. Look for its cause in the environment.`,
  );
}

function checkObservations(env: VectorEnv, result: VectorResetResult, call: string, where: string): void {
  const { id, numEnvs, singleObservationSpace } = env;
  const width = singleObservationSpace.size;
  const observations = checkArray(env, result, 'observations', Float64Array, numEnvs * width, where);
  for (let i = 0; i < observations.length; i += 1) {
    const entry = observations[i] ?? Number.NaN;
    if (Number.isFinite(Math.fround(entry))) continue;
    throw new RangeError(
      `${where}: ${call} of ${id} gave ${entry} as entry ${i % width} of the observation of environment ` +
        `${Math.floor(i / width)}, expected a finite 32-bit float. Look for its cause in the environment.`,
    );
  }
}

type ResultArray = Exclude<keyof VectorStepResult, 'infos'>;

function checkArray<K extends ResultArray, A extends Float64Array | Uint8Array>(
  { id, numEnvs }: VectorEnv,
  result: Readonly<Partial<Record<K, unknown>>>,
  name: K,
  kind: new (length: number) => A,
  size: number,
  where: string,
): A {
  const values: unknown = result[name];
  if (!(values instanceof kind)) {
    throw new TypeError(
      `${where}: ${name} of ${id} is no ${kind.name}. Give one of ${size} entries, as VectorEnv says.`,
    );
  }
  if (values.length === size) return values;
  throw new RangeError(
    `${where}: ${name} of ${id} has ${values.length} entries, expected ${size}, a row for each of ${numEnvs} environments. ` +
      'Correct the vector environment or its space.',
  );
}
