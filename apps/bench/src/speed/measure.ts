import { createGenerator } from '@meow-rl/random';
import { emptyBatch, replayBuffer } from '@meow-rl/replay';

import { inRounds } from './contestant.ts';
import type { Contestant, Placed } from './contestant.ts';
import type { EngineName } from '../runs/train-settings.ts';
import { DEFINITIONS, learnsFromRollouts } from './measured-agent.ts';
import type { Measured } from './measured-agent.ts';
import { agentContestant } from './measured-learner.ts';
import { startPeersOnThreads } from './peer-process.ts';
import type { PeerContestant } from './peer-process.ts';
import { peersOf } from './peers.ts';
import type { Peer } from './peers.ts';
import { durations, meansOf, timingOf } from './statistics.ts';
import type { Timing } from './statistics.ts';
import { updateCycle } from './update-programs.ts';

/** The paper's tasks: the multi-goal task, Hopper, HalfCheetah and Walker2d, Ant v4 and v5, Humanoid. */
export const PAPER_SIZES: readonly Pick<Measured, 'observationSize' | 'actionSize'>[] = [
  [2, 2],
  [11, 3],
  [17, 6],
  [27, 8],
  [105, 8],
  [348, 17],
].map(([observationSize = 0, actionSize = 0]) => ({ observationSize, actionSize }));

/** Batches of observations that acting is timed with; the peers act on the first. */
const ACTION_BATCHES = [1, 16, 256] as const;

/** How much is run. */
export interface Effort {
  /** Updates timed in all, in `rounds` parts. */
  readonly updates: number;
  readonly warmup: number;
  readonly rounds: number;
}

/** Everything that is measured of one network's size. */
export interface SizeResult extends Measured {
  /** This project first; with several threads by workers that share the batch, where there are such, then its other ways. */
  readonly update: readonly Placed[];
  readonly action: readonly (Placed & { readonly rows: number; readonly deterministic: boolean })[];
  /** Absent of what learns from rollouts. */
  readonly replaySample?: Timing;
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

/** An agent on each of some engines. */
async function agentsOn(engines: readonly EngineName[], measured: Measured) {
  const agents: Awaited<ReturnType<typeof agentContestant>>[] = [];
  for (const engine of engines)
    agents.push(await agentContestant({ ...measured, engine }, { name: `meow-rl, ${engine}` }));
  return agents;
}

/** This project's ways to use engines or threads, the one that is compared with the peers first. */
async function agentContestants(measured: Measured, engines: readonly EngineName[]) {
  if (measured.threads === 1 || engines.length > 0)
    return [await agentContestant(measured), ...(await agentsOn(engines, measured))] as const;
  const onOneThread = () => agentContestant({ ...measured, threads: 1 }, { name: 'meow-rl, 1 thread' });
  const inOperators = () =>
    agentContestant(measured, { name: `meow-rl, ${measured.threads} threads in operators` });
  if (learnsFromRollouts(DEFINITIONS[measured.algorithm]))
    return [await onOneThread(), await inOperators()] as const;
  return [
    await agentContestant(measured, { name: `meow-rl, ${measured.threads} workers`, sharing: 'workers' }),
    await onOneThread(),
    await inOperators(),
  ] as const;
}

/**
 * Times updates, actions and replay sampling for one size, and the peers in the same rounds.
 *
 * @param engines time their updates too
 */
export async function measureSize(
  measured: Measured,
  engines: readonly EngineName[],
  peers: readonly Peer[],
  { updates, warmup, rounds }: Effort,
  onRound: (done: number) => void,
): Promise<SizeResult> {
  const [ours, ...ways] = await agentContestants(measured, engines);
  const others: PeerContestant[] = [];
  try {
    for (const peer of peers)
      others.push(...(await startPeersOnThreads(peersOf(measured.algorithm).updates[peer], measured)));
    const all = [ours, ...others];
    const updating = [ours, ...ways, ...others];
    for (const contestant of updating) await contestant.update(warmup);
    const perRound = Math.ceil(updates / rounds);
    const cycle = updateCycle(measured);
    // Of updates that differ the median would be that of one kind.
    const timeUpdates = async (contestant: Contestant) =>
      meansOf(await contestant.update(cycle * Math.ceil(perRound / cycle)), cycle);
    const update = await inRounds(updating, rounds, timeUpdates, onRound);

    const action: (Placed & { rows: number; deterministic: boolean })[] = [];
    for (const rows of ACTION_BATCHES) {
      const acting = rows === 1 ? all : [ours];
      for (const contestant of acting) await contestant.act(warmup, rows);
      const placed = await inRounds(acting, rounds, (contestant) => contestant.act(perRound, rows));
      for (const result of placed) action.push({ ...result, rows, deterministic: false });
      const observations = new Float32Array(rows * measured.observationSize);
      const mode = () => ours.agent.act(observations, { deterministic: true });
      await durations(warmup, mode);
      const milliseconds = timingOf(await durations(updates, mode));
      action.push({ name: ours.name, milliseconds, ratio: 1, rows, deterministic: true });
    }
    return {
      ...measured,
      update,
      action,
      ...(!learnsFromRollouts(DEFINITIONS[measured.algorithm]) && {
        replaySample: await replaySampling(measured, updates),
      }),
      versions: Object.assign({}, ...others.map(({ versions }) => versions)),
    };
  } finally {
    for (const contestant of [ours, ...ways, ...others]) await contestant.close();
  }
}
