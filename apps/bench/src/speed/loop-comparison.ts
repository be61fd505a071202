import { makeAgentEnv } from '../environments/environments.ts';
import type { Measured } from './measured-agent.ts';
import { startPeers } from './peer-process.ts';
import { peersOf } from './peers.ts';
import type { Peer } from './peers.ts';
import { quantile } from './statistics.ts';
import { loopStepsPerSecond, LOOP_ENVIRONMENT } from './training-loop.ts';

/** Environment steps per second of a whole training loop, and how many times as many this project makes. */
export interface LoopResult {
  readonly name: string;
  readonly stepsPerSecond: number;
  readonly ratio: number;
}

/** Rounds of the comparison: each starts the loop anew. */
const ROUNDS = 3;

/** Measures the loop on HalfCheetah-v5, against those of the peers with Gymnasium. */
export async function compareLoops(
  peers: readonly Peer[],
  steps: number,
  options: Pick<Measured, 'algorithm' | 'threads' | 'seed'>,
  onRound: (done: number) => void,
): Promise<LoopResult[]> {
  const warmup = 1000;
  const env = await makeAgentEnv({ env: LOOP_ENVIRONMENT });
  const sizes = { observationSize: env.observationSpace.size, actionSize: env.actionSpace.size };
  env.close();
  const others = await startPeers(
    peers.flatMap((peer) => peersOf(options.algorithm).loops[peer]),
    { ...sizes, batchSize: 256, ...options },
  );
  try {
    const loops = [
      {
        name: options.threads > 1 ? `meow-rl, ${options.threads} workers` : 'meow-rl',
        run: () => loopStepsPerSecond(steps, warmup, options),
      },
      ...(options.threads > 1
        ? [
            {
              name: 'meow-rl, pipelined',
              run: () => loopStepsPerSecond(steps, warmup, { ...options, pipeline: true }),
            },
          ]
        : []),
      ...others.map((peer) => ({ name: peer.name, run: () => peer.loop(steps, warmup) })),
    ];
    const rates = loops.map((): number[] => []);
    const rounds = loops.length > 1 ? ROUNDS : 1;
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
