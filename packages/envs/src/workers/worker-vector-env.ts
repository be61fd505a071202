import { sendPlain } from '@meow-rl/threads';

import { checkAutoresetMode } from '../autoreset-mode.ts';
import { checkActions, checkMask, checkNoneFinished } from '../check-actions.ts';
import type { Info } from '../env.ts';
import type { RowState, VectorEnv, VectorEnvState, VectorResetResult } from '../vector-env.ts';
import { rowStates } from '../vector-state.ts';
import { infoReader, type WorkerMessage } from './infos.ts';
import { spreadRows } from './spread-rows.ts';
import { startTeam } from './team.ts';
import type { WorkerVectorEnvOptions } from './worker-options.ts';

/** A {@link VectorEnv} in other threads: its calls promise, one at a time. */
export interface WorkerVectorEnv extends VectorEnv {
  readonly workers: number;
}

/**
 * Steps environments in threads of their own, with the results of `vectorEnv` to the bit, whatever the number of threads.
 *
 * A step writes the actions to memory that all threads share, wakes them, and reads what they wrote; this thread's event
 * loop goes on meanwhile. What an environment throws, and the death of a thread, reject the call that is under way,
 * naming environment and action, and close the whole. While nothing is under way the threads don't keep the process
 * alive. `options`, infos and states are copied between threads, so they have to be plain data.
 *
 * @throws RangeError for a number of environments or workers that isn't positive, a mode that there isn't, a module without an address,
 *   or an id that isn't in the registry
 * @throws TypeError if `options` can't be copied to another thread
 * @throws Error if a thread can't start
 */
export async function workerVectorEnv(options: WorkerVectorEnvOptions): Promise<WorkerVectorEnv> {
  const { numEnvs, autoresetMode = 'next-step' } = options;
  const where = `workerVectorEnv(${options.id})`;
  checkAutoresetMode(where, autoresetMode);
  checkModule(where, options.module);
  const parts = spreadRows(numEnvs, options.workers, where);
  const team = await startTeam({ ...options, autoresetMode, where, parts });
  const { id, block, observationSpace, actionSpace } = team;
  const [width, actionWidth] = [observationSpace.size, actionSpace.size];

  // Copies: what a caller holds mustn't change under a step that is under way, and engines refuse shared memory.
  const observations = new Float64Array(numEnvs * width);
  const finalObservations = new Float64Array(numEnvs * width);
  const rewards = new Float64Array(numEnvs);
  const terminated = new Uint8Array(numEnvs);
  const truncated = new Uint8Array(numEnvs);
  const resetPending = new Uint8Array(numEnvs);
  const noRows = new Uint8Array(numEnvs);
  const begun = new Uint8Array(numEnvs);
  const shapes = parts.map((): (WorkerMessage & { kind: 'shape' })['shape'][] => []);
  const workerOf = parts.flatMap(({ count }, worker) => Array.from({ length: count }, () => worker));
  const reader = infoReader(block, (row, number) => shapes[workerOf[row] ?? -1]?.[number]);
  const { infos } = reader;

  /** Takes over what the workers sent; gives their answers, in order. */
  const takeOver = (messages: readonly (readonly WorkerMessage[])[]): unknown[] => {
    const answers: unknown[] = [];
    const sentInfos = new Map<number, Info>();
    let refusal: { readonly error: unknown } | undefined;
    for (const [worker, list] of messages.entries()) {
      for (const message of list) {
        if (message.kind === 'shape') shapes[worker]?.push(message.shape);
        else if (message.kind === 'info') sentInfos.set(message.row, message.info);
        else if (message.kind === 'answer') answers.push(message.value);
        else refusal ??= message;
      }
    }
    reader.update(sentInfos);
    if (refusal) throw refusal.error;
    return answers;
  };

  const restarted = (): VectorResetResult => {
    observations.set(block.observations);
    return { observations, infos };
  };

  const takeStep = () => {
    observations.set(block.observations);
    rewards.set(block.rewards);
    terminated.set(block.terminated);
    truncated.set(block.truncated);
    for (let row = 0; row < numEnvs; row += 1) {
      const done = terminated[row] === 1 || truncated[row] === 1;
      resetPending[row] = Number(done && autoresetMode !== 'same-step');
      if (!done) continue;
      const [from, to] = [row * width, (row + 1) * width];
      finalObservations.set(block.finalObservations.subarray(from, to), from);
    }
    return { observations, rewards, terminated, truncated, finalObservations, infos };
  };

  return {
    id,
    numEnvs,
    workers: parts.length,
    autoresetMode,
    singleObservationSpace: observationSpace,
    singleActionSpace: actionSpace,
    async reset({ seed, mask } = {}) {
      team.expectIdle('reset()');
      checkMask(where, numEnvs, mask);
      if (seed !== undefined && !Number.isSafeInteger(seed)) {
        throw new RangeError(`${where}: reset({ seed }) got seed is ${seed}, expected an integer.`);
      }
      const chosen = Uint8Array.from({ length: numEnvs }, (_, row) => Number(!mask || Boolean(mask[row])));
      const requests = parts.map(({ first, count }) => ({
        mask: chosen.subarray(first, first + count),
        ...(seed !== undefined && { seed: seed + first }),
      }));
      takeOver(await team.run('reset', requests));
      for (const [row, isChosen] of chosen.entries()) {
        if (!isChosen) continue;
        resetPending[row] = 0;
        begun[row] = 1;
      }
      return restarted();
    },
    async step(actions) {
      team.expectIdle('step()');
      const notBegun = begun.indexOf(0);
      if (notBegun >= 0) {
        throw new Error(
          `${where}: step() was called before reset() of environment ${notBegun}. Call reset({ seed }) first.`,
        );
      }
      if (autoresetMode === 'disabled') checkNoneFinished(where, resetPending);
      const ignored = autoresetMode === 'reset-then-step' ? noRows : resetPending;
      checkActions(actions, { where, width: actionWidth, ignored });
      block.actions.set(actions);
      takeOver(await team.run('step'));
      return takeStep();
    },
    close: () => team.close(),
    async state(): Promise<VectorEnvState> {
      team.expectIdle('state()');
      const answers = takeOver(await team.run('state')) as VectorEnvState[];
      return { of: id, autoresetMode, rows: answers.flatMap(({ rows }) => rows) };
    },
    async restore(state) {
      team.expectIdle('restore()');
      const rows: readonly RowState[] = rowStates(state, { id, numEnvs, autoresetMode }, where);
      // Before any worker is sent its rows: those of a restore that never comes would be taken for the next request.
      sendPlain(state, `${where}: restore(state): state`, () => structuredClone(state));
      const requests = parts.map(({ first, count }): VectorEnvState => ({
        of: id,
        autoresetMode,
        rows: rows.slice(first, first + count),
      }));
      takeOver(await team.run('restore', requests));
      for (const [row, saved] of rows.entries()) resetPending[row] = Number(saved.resetPending);
      begun.fill(1);
      return restarted();
    },
  };
}

/** Threads would look for a relative path beside their own file. */
function checkModule(where: string, module: URL | string): void {
  if (!/^\.\.?[\\/]/.test(String(module))) return;
  throw new RangeError(
    `${where}: module is ${String(module)}, which says nothing of where it lies. Give new URL('${String(module)}', import.meta.url).`,
  );
}
