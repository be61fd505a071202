import { sameBox } from './box.ts';
import { checkActions, checkMask, checkNoneFinished } from './check-actions.ts';
import type { Info } from './env.ts';
import type { Awaitable, VectorEnv, VectorResetResult } from './vector-env.ts';
import { rowStates } from './vector-state.ts';

/** A part and where its rows lie among all. */
interface Part {
  readonly env: VectorEnv;
  readonly first: number;
  readonly end: number;
}

/**
 * Vector environments of one kind as one, with the rows of the first before those of the second and so on. They work at the same time
 * as far as they are in threads of their own: the calls of the first are made last, so that what is in this thread does its part
 * meanwhile.
 *
 * @throws RangeError if there are none, or they differ in id, spaces or autoreset mode; they stay open
 */
export function joinVectorEnvs(envs: readonly VectorEnv[]): VectorEnv {
  const { id, autoresetMode, singleObservationSpace, singleActionSpace } = checkAlike(envs);
  const where = `joinVectorEnvs(${id})`;
  let numEnvs = 0;
  const parts = envs.map((env): Part => {
    const first = numEnvs;
    numEnvs += env.numEnvs;
    return { env, first, end: numEnvs };
  });
  const [width, actionWidth] = [singleObservationSpace.size, singleActionSpace.size];
  const observations = new Float64Array(numEnvs * width);
  const finalObservations = new Float64Array(numEnvs * width);
  const finalObservationUnknown = new Uint8Array(numEnvs);
  const allActions = new Float64Array(numEnvs * actionWidth);
  const rewards = new Float64Array(numEnvs);
  const terminated = new Uint8Array(numEnvs);
  const truncated = new Uint8Array(numEnvs);
  const resetPending = new Uint8Array(numEnvs);
  const noRows = new Uint8Array(numEnvs);
  const infos: Info[] = Array.from({ length: numEnvs }, () => ({}));

  /** Has all parts do something, the last of them first, and waits for all, also where one fails. */
  const together = async <R>(start: (part: Part) => Awaitable<R>): Promise<R[]> => {
    const begun = parts.toReversed().map(async (part) => start(part));
    const settled = await Promise.allSettled(begun.toReversed());
    return settled.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
  };

  const takeRows = ({ first }: Part, result: VectorResetResult): void => {
    observations.set(result.observations, first * width);
    for (const [row, info] of result.infos.entries()) infos[first + row] = info;
  };

  return {
    id,
    numEnvs,
    autoresetMode,
    singleObservationSpace,
    singleActionSpace,
    async reset({ seed, mask } = {}) {
      checkMask(where, numEnvs, mask);
      const results = await together(({ env, first, end }) =>
        env.reset({
          ...(seed !== undefined && { seed: seed + first }),
          ...(mask && { mask: Array.prototype.slice.call(mask, first, end) }),
        }),
      );
      for (const [i, part] of parts.entries()) {
        const result = results[i];
        if (result) takeRows(part, result);
      }
      for (let row = 0; row < numEnvs; row += 1) if (!mask || mask[row]) resetPending[row] = 0;
      return { observations, infos };
    },
    async step(actions) {
      if (autoresetMode === 'disabled') checkNoneFinished(where, resetPending);
      const ignored = autoresetMode === 'reset-then-step' ? noRows : resetPending;
      checkActions(actions, { where, width: actionWidth, ignored });
      allActions.set(actions);
      const results = await together(({ env, first, end }) =>
        env.step(allActions.subarray(first * actionWidth, end * actionWidth)),
      );
      let isKnown = true;
      for (const [i, part] of parts.entries()) {
        const result = results[i];
        if (!result) continue;
        const { first } = part;
        takeRows(part, result);
        rewards.set(result.rewards, first);
        terminated.set(result.terminated, first);
        truncated.set(result.truncated, first);
        finalObservations.set(result.finalObservations, first * width);
        if (result.finalObservationUnknown) isKnown = false;
        finalObservationUnknown.set(
          result.finalObservationUnknown ?? new Uint8Array(part.env.numEnvs),
          first,
        );
      }
      for (let row = 0; row < numEnvs; row += 1)
        resetPending[row] = Number(
          autoresetMode !== 'same-step' && (terminated[row] === 1 || truncated[row] === 1),
        );
      return {
        observations,
        rewards,
        terminated,
        truncated,
        finalObservations,
        infos,
        ...(!isKnown && { finalObservationUnknown }),
      };
    },
    async close() {
      // From now on the parts say what is wrong with a call.
      resetPending.fill(0);
      await together(({ env }) => env.close());
    },
    async state() {
      const states = await together(({ env }) => env.state());
      if (states.some(({ simulator }) => simulator !== undefined))
        throw new Error(
          `${where}: a part is a simulator that holds its rows together. Save the parts one by one.`,
        );
      return { of: id, autoresetMode, rows: states.flatMap(({ rows }) => rows) };
    },
    async restore(state) {
      const rows = rowStates(state, { id, numEnvs, autoresetMode }, where);
      const results = await together(({ env, first, end }) =>
        env.restore({ of: id, autoresetMode, rows: rows.slice(first, end) }),
      );
      for (const [i, part] of parts.entries()) {
        const result = results[i];
        if (result) takeRows(part, result);
      }
      for (const [row, saved] of rows.entries()) resetPending[row] = Number(saved.resetPending);
      return { observations, infos };
    },
  };
}

function checkAlike(envs: readonly VectorEnv[]): VectorEnv {
  const [first] = envs;
  if (!first) throw new RangeError('joinVectorEnvs: got no environments. Give at least one.');
  for (const [i, env] of envs.entries()) {
    const differs =
      env.id !== first.id || env.autoresetMode !== first.autoresetMode
        ? `is ${env.id} in autoresetMode ${env.autoresetMode}, the first ${first.id} in ${first.autoresetMode}`
        : sameBox(env.singleObservationSpace, first.singleObservationSpace) &&
            sameBox(env.singleActionSpace, first.singleActionSpace)
          ? undefined
          : 'has other spaces than the first';
    if (differs !== undefined)
      throw new RangeError(`joinVectorEnvs: part ${i} ${differs}. Join environments of one kind only.`);
  }
  return first;
}
