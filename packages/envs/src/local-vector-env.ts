import { sameBox } from './box.ts';
import { checkAutoresetMode, type AutoresetMode } from './autoreset-mode.ts';
import { checkActions, checkMask, checkNoneFinished } from './check-actions.ts';
import { checkedReset, checkedResult } from './checked-env.ts';
import { closeAll } from './close-all.ts';
import { decodeNumbers, encodeNumbers, envState, restoreEnv } from './env-state.ts';
import type { Env, Info } from './env.ts';
import { uncheckedStep } from './unchecked-step.ts';
import type {
  VectorEnv,
  VectorEnvState,
  VectorResetRequest,
  VectorResetResult,
  VectorStepResult,
} from './vector-env.ts';
import { rowStates } from './vector-state.ts';

/** A {@link VectorEnv} in this very thread: its calls return at once instead of promising. */
export interface LocalVectorEnv extends VectorEnv {
  reset(request?: VectorResetRequest): VectorResetResult;
  step(actions: ArrayLike<number>): VectorStepResult;
  close(): void;
  state(): VectorEnvState;
  restore(state: VectorEnvState): VectorResetResult;
}

/** Options of {@link vectorEnv}. */
export interface VectorEnvOptions {
  /** Default: `next-step`, as in Gymnasium. */
  readonly autoresetMode?: AutoresetMode;
  /** Number of the first environment in messages, for a part of a larger vector environment. Default: 0. */
  readonly firstRow?: number;
  /** Whether a step checks its actions; a part of a larger vector environment that has checked them needn't. Default: true. */
  readonly checksActions?: boolean;
}

/** Options of {@link vectorEnv} for a factory. */
export interface VectorEnvFactoryOptions extends VectorEnvOptions {
  readonly numEnvs: number;
}

/**
 * Steps several environments as one, in turn, in this thread.
 *
 * @param source the environments, or a function that makes the one with the given index
 * @throws RangeError if there are none, `numEnvs` isn't a positive integer, the mode is none, one is given twice, or their spaces differ.
 * What the function had made is closed then, as where it throws; environments that were given stay open.
 */
export function vectorEnv(source: readonly Env[], options?: VectorEnvOptions): LocalVectorEnv;
export function vectorEnv(source: (index: number) => Env, options: VectorEnvFactoryOptions): LocalVectorEnv;
export function vectorEnv(
  source: readonly Env[] | ((index: number) => Env),
  {
    autoresetMode = 'next-step',
    numEnvs = 0,
    firstRow = 0,
    checksActions = true,
  }: VectorEnvOptions & Partial<VectorEnvFactoryOptions> = {},
): LocalVectorEnv {
  checkAutoresetMode('vectorEnv', autoresetMode);
  const options = { autoresetMode, firstRow, checksActions };
  if (typeof source !== 'function') return together([...source], options);
  if (!Number.isInteger(numEnvs) || numEnvs < 1) {
    throw new RangeError(`vectorEnv: numEnvs is ${numEnvs}, expected a positive integer.`);
  }
  const made: Env[] = [];
  try {
    for (let index = 0; index < numEnvs; index += 1) made.push(source(index));
    return together(made, options);
  } catch (error) {
    // Why it failed says more than what closing may throw on top.
    closeAll(made);
    throw error;
  }
}

/** The vector environment of `envs`, which it keeps. */
function together(
  envs: readonly Env[],
  { autoresetMode, firstRow, checksActions }: Required<VectorEnvOptions>,
): LocalVectorEnv {
  const { id, observationSpace, actionSpace } = checkAlike(envs);
  const count = envs.length;
  const width = observationSpace.size;
  const where = `vectorEnv(${id})`;
  const steps = envs.map(uncheckedStep);
  const names = envs.map((env, row) => `${env.id} (environment ${firstRow + row})`);

  const observations = new Float64Array(count * width);
  const finalObservations = new Float64Array(count * width);
  const rewards = new Float64Array(count);
  const terminated = new Uint8Array(count);
  const truncated = new Uint8Array(count);
  const infos: Info[] = envs.map(() => ({}));
  const actionBuffer = new Float64Array(count * actionSpace.size);
  // Views made once; a view per row and step would cost more than copying the few numbers in it.
  const actionRows = envs.map((_, i) =>
    actionBuffer.subarray(i * actionSpace.size, (i + 1) * actionSpace.size),
  );
  const resetPending = new Uint8Array(count);
  const noRows = new Uint8Array(count);

  const resetRow = (env: Env, row: number, seed?: number) => {
    const { observation, info } = checkedReset(env, seed === undefined ? {} : { seed }, names[row]);
    observations.set(observation, row * width);
    resetPending[row] = 0;
    return info;
  };

  const skipRow = (env: Env, row: number) => {
    infos[row] = resetRow(env, row);
    rewards[row] = 0;
    terminated[row] = 0;
    truncated[row] = 0;
  };

  const stepRow = (env: Env, row: number) => {
    const step = steps[row] ?? uncheckedStep(env);
    const result = checkedResult(env, step, actionRows[row] ?? [], names[row] ?? env.id);
    const done = result.terminated || result.truncated;
    rewards[row] = result.reward;
    terminated[row] = Number(result.terminated);
    truncated[row] = Number(result.truncated);
    infos[row] = result.info;
    if (done) finalObservations.set(result.observation, row * width);
    if (done && autoresetMode === 'same-step') resetRow(env, row);
    else observations.set(result.observation, row * width);
    if (done && autoresetMode !== 'same-step') resetPending[row] = 1;
  };

  /** What a step does with a row whose episode is over. */
  const beginRow = (env: Env, row: number) => {
    if (autoresetMode !== 'reset-then-step') return skipRow(env, row);
    resetRow(env, row);
    stepRow(env, row);
  };

  return {
    id,
    numEnvs: count,
    autoresetMode,
    singleObservationSpace: observationSpace,
    singleActionSpace: actionSpace,
    reset({ seed, mask } = {}) {
      checkMask(where, count, mask);
      for (const [row, env] of envs.entries()) {
        if (mask && !mask[row]) continue;
        infos[row] = resetRow(env, row, seed === undefined ? undefined : seed + row);
      }
      return { observations, infos };
    },
    step(actions) {
      if (autoresetMode === 'disabled') checkNoneFinished(where, resetPending);
      const ignored = autoresetMode === 'reset-then-step' ? noRows : resetPending;
      if (checksActions) checkActions(actions, { where, width: actionSpace.size, ignored });
      actionBuffer.set(actions);
      for (const [row, env] of envs.entries()) {
        if (resetPending[row]) beginRow(env, row);
        else stepRow(env, row);
      }
      return { observations, rewards, terminated, truncated, finalObservations, infos };
    },
    close() {
      const errors = closeAll(envs);
      if (errors.length > 0) throw errors[0];
    },
    state: () => ({
      of: id,
      autoresetMode,
      rows: envs.map((env, row) => ({
        env: envState(env),
        resetPending: resetPending[row] === 1,
        observation: encodeNumbers(observations.subarray(row * width, (row + 1) * width)),
      })),
    }),
    restore(state) {
      const rows = rowStates(state, { id, numEnvs: count, autoresetMode }, where);
      const restored = rows.map(({ observation }, row) =>
        decodeNumbers(observation, `${where}: state.rows[${row}].observation`, width),
      );
      for (const [row, env] of envs.entries()) {
        const saved = rows[row];
        if (!saved) continue;
        restoreEnv(env, saved.env);
        observations.set(restored[row] ?? [], row * width);
        resetPending[row] = Number(saved.resetPending);
        infos[row] = {};
      }
      return { observations, infos };
    },
  };
}

function checkAlike(envs: readonly Env[]): Env {
  const [first] = envs;
  if (!first) {
    throw new RangeError('vectorEnv: got no environments. Give at least one.');
  }
  if (new Set(envs).size !== envs.length) {
    throw new RangeError(
      `vectorEnv(${first.id}): got the same environment twice. Make a new one for every row.`,
    );
  }
  for (const [index, env] of envs.entries()) {
    for (const space of ['observationSpace', 'actionSpace'] as const) {
      if (sameBox(env[space], first[space])) continue;
      throw new RangeError(
        `vectorEnv(${first.id}): environment ${index} (${env.id}) has another ${space} than environment 0. ` +
          'Vectorize environments of one kind only.',
      );
    }
  }
  return first;
}
