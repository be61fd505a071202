import type { Sizes } from '@meow-rl/meow';
import { createGenerator } from '@meow-rl/random';
import { emptyBatch, replayBuffer } from '@meow-rl/replay';

import { inRounds } from './contestant.ts';
import type { Placed } from './contestant.ts';
import { isFused, ownContestant } from './own.ts';
import type { Measured } from './own.ts';
import { peerContestants } from './peer-process.ts';
import type { Peer, PeerContestant } from './peer-process.ts';
import { durations, timingOf } from './statistics.ts';
import type { Timing } from './statistics.ts';

/** The paper's tasks: the multi-goal task, Hopper, HalfCheetah and Walker2d, Ant v4 and v5, Humanoid. */
export const PAPER_SIZES: readonly Sizes[] = [
  [2, 2],
  [11, 3],
  [17, 6],
  [27, 8],
  [105, 8],
  [348, 17],
].map(([observationSize = 0, actionSize = 0]) => ({ observationSize, actionSize }));

/** Batches of observations that acting is timed with; the peers act on the first. */
export const ACTION_BATCHES = [1, 16, 256] as const;

/** How much is run. */
export interface Effort {
  /** Updates timed in all, in `rounds` parts. */
  readonly updates: number;
  readonly warmup: number;
  readonly rounds: number;
}

/** Everything that is measured of one network's size. */
export interface SizeResult extends Measured {
  /** This project first; with several threads by workers that share the batch, then its other ways. */
  readonly update: readonly Placed[];
  readonly action: readonly (Placed & { readonly rows: number; readonly deterministic: boolean })[];
  readonly replaySample: Timing;
  readonly versions: Readonly<Record<string, string>>;
}

/** Milliseconds of drawing a batch from a buffer of 100 000 transitions. */
async function replaySampling(
  { observationSize, actionSize, batchSize, seed }: Measured,
  runs: number,
): Promise<Timing> {
  const sizes = { observationSize, actionSize };
  const capacity = 100_000;
  const replay = replayBuffer({ capacity, ...sizes, discount: 0.99, seed });
  const filling = emptyBatch(capacity, sizes);
  createGenerator(seed).fillNormal(filling.observations);
  replay.add(filling);
  return timingOf((await durations(2 * runs, () => replay.sample(batchSize))).slice(runs));
}

/** This project's ways to use the threads, the one that is compared with the peers first. */
async function ownContestants(measured: Measured) {
  if (measured.threads === 1) {
    const own = await ownContestant(measured);
    if (!isFused()) return [own] as const;
    return [own, await ownContestant(measured, { name: 'meow-rl, not fused', fused: false })] as const;
  }
  return [
    await ownContestant(measured, { name: `meow-rl, ${measured.threads} workers`, sharing: 'workers' }),
    await ownContestant({ ...measured, threads: 1 }, { name: 'meow-rl, 1 thread' }),
    await ownContestant(measured, { name: `meow-rl, ${measured.threads} threads in operators` }),
  ] as const;
}

/** A peer with as many threads as ours, and with one: what is fastest differs. */
async function peersOnThreads(peer: Peer, measured: Measured): Promise<PeerContestant[]> {
  const { threads } = measured;
  if (threads === 1) return peerContestants(peer, measured);
  const found: PeerContestant[] = [];
  for (const count of [1, threads]) {
    const contestants = await peerContestants(peer, { ...measured, threads: count });
    const suffix = count === 1 ? '1 thread' : `${count} threads`;
    for (const own of contestants) found.push({ ...own, name: `${own.name}, ${suffix}` });
  }
  return found;
}

/** Times updates, actions and replay sampling for one size, and the peers in the same rounds. */
export async function measureSize(
  measured: Measured,
  peers: readonly Peer[],
  { updates, warmup, rounds }: Effort,
  onRound: (done: number) => void,
): Promise<SizeResult> {
  const [own, ...ways] = await ownContestants(measured);
  const others: PeerContestant[] = [];
  try {
    for (const peer of peers) others.push(...(await peersOnThreads(peer, measured)));
    const all = [own, ...others];
    const updating = [own, ...ways, ...others];
    for (const contestant of updating) await contestant.update(warmup);
    const perRound = Math.ceil(updates / rounds);
    const update = await inRounds(updating, rounds, (contestant) => contestant.update(perRound), onRound);

    const action: (Placed & { rows: number; deterministic: boolean })[] = [];
    for (const rows of ACTION_BATCHES) {
      const acting = rows === 1 ? all : [own];
      for (const contestant of acting) await contestant.act(warmup, rows);
      const placed = await inRounds(acting, rounds, (contestant) => contestant.act(perRound, rows));
      for (const result of placed) action.push({ ...result, rows, deterministic: false });
      const observations = new Float32Array(rows * measured.observationSize);
      const mode = () => own.agent.act(observations, { deterministic: true });
      await durations(warmup, mode);
      const milliseconds = timingOf(await durations(updates, mode));
      action.push({ name: own.name, milliseconds, ratio: 1, rows, deterministic: true });
    }
    return {
      ...measured,
      update,
      action,
      replaySample: await replaySampling(measured, updates),
      versions: Object.assign({}, ...others.map(({ versions }) => versions)),
    };
  } finally {
    for (const contestant of [own, ...ways, ...others]) await contestant.close();
  }
}
