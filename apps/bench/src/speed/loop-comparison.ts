import { availableParallelism } from 'node:os';

import type { SpeedConfig } from '../commands/speed.ts';
import { makeAgentEnv } from '../environments/environments.ts';
import { DEFINITIONS, learnsFromRollouts } from './measured-agent.ts';
import type { Measured } from './measured-agent.ts';
import { startPeersOnThreads } from './peer-process.ts';
import { peersOf } from './peers.ts';
import type { Peer } from './peers.ts';
import { NUM_ENVS, rolloutLoopStepsPerSecond, ROLLOUT_SCHEDULE } from './rollout-loop.ts';
import { chooseParallelism } from '../runs/parallelism.ts';
import { quantile } from './statistics.ts';
import { loopStepsPerSecond, LOOP_BATCH, LOOP_ENVIRONMENT } from './training-loop.ts';

/** Environment steps per second of a whole training loop, and how many times as many this project makes. */
export interface LoopResult {
  readonly name: string;
  readonly stepsPerSecond: number;
  readonly ratio: number;
}

/** Rounds of the comparison, where as many are asked for: each starts the loop anew. */
const MOST_ROUNDS = 3;

type LoopOptions = Pick<Measured, 'algorithm' | 'threads' | 'seed' | 'engine'>;

/** A loop that is measured: its environment steps per second. */
interface Loop {
  readonly name: string;
  run(): Promise<number>;
}

/** How the measured loop of an algorithm goes, in words. */
export const loopSchedule = (algorithm: Measured['algorithm']): string =>
  learnsFromRollouts(DEFINITIONS[algorithm]) ? ROLLOUT_SCHEDULE : 'one update per step';

/** How many rounds the loops are compared in, of those that updates are timed in. */
export const loopRounds = (rounds: number): number => Math.min(rounds, MOST_ROUNDS);

/** Threads of the loop: those that are asked for, or else as many as `train` takes by default. */
export function loopThreads(
  { algo, threads, parallel }: Pick<SpeedConfig, 'algo' | 'threads' | 'parallel'>,
  engine: Measured['engine'],
  cores = availableParallelism(),
): number {
  const isOnPolicy = learnsFromRollouts(DEFINITIONS[algo]);
  const { learnerThreads, workers } = chooseParallelism({
    parallel,
    threads,
    engine,
    isOnPolicy,
    pipeline: false,
    env: LOOP_ENVIRONMENT,
    numEnvs: isOnPolicy ? NUM_ENVS : 1,
    batchSize: LOOP_BATCH,
    cores,
  });
  return Math.max(threads, learnerThreads, threads > 1 ? 0 : workers);
}

/** This project's loops, the one that is compared with the peers first. */
function loopsOf(steps: number, warmup: number, options: LoopOptions): Loop[] {
  const { algorithm, threads } = options;
  const definition = DEFINITIONS[algorithm];
  const onThreads = (run: (given: LoopOptions) => Promise<number>): Loop[] =>
    threads === 1
      ? [{ name: 'meow-rl', run: () => run(options) }]
      : [
          { name: `meow-rl, ${threads} workers`, run: () => run(options) },
          { name: 'meow-rl, 1 thread', run: () => run({ ...options, threads: 1 }) },
        ];
  if (learnsFromRollouts(definition))
    return onThreads((given) => rolloutLoopStepsPerSecond(definition, steps, given));
  const loops = onThreads((given) => loopStepsPerSecond(steps, warmup, given));
  if (threads === 1) return loops;
  const run = () => loopStepsPerSecond(steps, warmup, { ...options, pipeline: true });
  return [...loops, { name: 'meow-rl, pipelined', run }];
}

/** Measures the loop on HalfCheetah-v5, against those of the peers with Gymnasium. */
export async function compareLoops(
  peers: readonly Peer[],
  steps: number,
  { rounds: mostRounds, ...options }: LoopOptions & { readonly rounds: number },
  onRound: (done: number) => void,
): Promise<LoopResult[]> {
  const warmup = 1000;
  const env = await makeAgentEnv({ env: LOOP_ENVIRONMENT });
  const sizes = { observationSize: env.observationSpace.size, actionSize: env.actionSpace.size };
  env.close();
  const definition = DEFINITIONS[options.algorithm];
  const batchSize = learnsFromRollouts(definition) ? definition.settings.batchSize.default : LOOP_BATCH;
  const others = await startPeersOnThreads(
    peers.flatMap((peer) => peersOf(options.algorithm).loops[peer]),
    { ...sizes, batchSize, ...options },
  );
  try {
    const loops = [
      ...loopsOf(steps, warmup, options),
      ...others.map((peer) => ({ name: peer.name, run: () => peer.loop(steps, warmup) })),
    ];
    const rates = loops.map((): number[] => []);
    const rounds = loops.length > 1 ? loopRounds(mostRounds) : 1;
    for (let round = 0; round < rounds; round++) {
      for (const [i, { run }] of loops.entries()) rates[i]?.push(await run());
      onRound(round + 1);
    }
    return loops.map(({ name }, i) => ({
      name,
      stepsPerSecond: quantile(rates[i] ?? [], 0.5),
      ratio: quantile(
        (rates[0] ?? []).map((ours, round) => ours / (rates[i]?.[round] ?? Number.NaN)),
        0.5,
      ),
    }));
  } finally {
    for (const peer of others) await peer.close();
  }
}
