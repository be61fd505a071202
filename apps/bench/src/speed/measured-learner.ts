import { createOnPolicyAgent } from '@meow-rl/learner';
import type { CommonAgent, OnPolicyDefinition } from '@meow-rl/learner';
import { createGenerator } from '@meow-rl/random';
import { emptyBatch } from '@meow-rl/replay';
import type { Rollout, TransitionBatch } from '@meow-rl/replay';

import type { Contestant } from './contestant.ts';
import { loadEngine } from '../runs/engines.ts';
import { createMeasuredAgent, DEFINITIONS, learnsFromRollouts } from './measured-agent.ts';
import type { Measured, Sharing } from './measured-agent.ts';
import { durations } from './statistics.ts';

/** An agent that is measured, and what it learns from. */
export interface MeasuredLearner {
  readonly agent: Pick<CommonAgent, 'act' | 'dispose'>;
  /** Gradient steps each time that it learns. */
  readonly updates: number;
  /** Gets what is learned from ready; what it gives learns from that once. */
  prepare(): Promise<() => Promise<unknown>>;
}

/** A batch of random transitions, none of them terminal. */
function randomBatch({ observationSize, actionSize, batchSize, seed }: Measured): TransitionBatch {
  const random = createGenerator(seed);
  const batch = emptyBatch(batchSize, { observationSize, actionSize });
  random.fillNormal(batch.observations);
  random.fillUniform(batch.actions, -0.98, 0.98);
  random.fillNormal(batch.rewards);
  random.fillNormal(batch.nextObservations);
  batch.discounts.fill(0.99);
  return batch;
}

/** Minibatches of a rollout: as many as PPO's default settings make. */
const MINIBATCHES = 32;

/** Learns from whole rollouts of one environment that are random but for what the policy says of them. */
async function rolloutLearner(
  definition: OnPolicyDefinition,
  { observationSize, actionSize, batchSize, threads, seed, engine }: Measured,
): Promise<MeasuredLearner> {
  const agent = await createOnPolicyAgent(definition, {
    runtime: await loadEngine(engine, { threads }),
    observationSize,
    actionSize,
    seed,
    config: { batchSize },
  });
  const steps = MINIBATCHES * batchSize;
  const random = createGenerator(seed);
  const collect = async (): Promise<Rollout> => {
    const observations = new Float32Array(steps * observationSize);
    random.fillNormal(observations);
    const rewards = new Float32Array(steps);
    random.fillNormal(rewards);
    const { sampled: actions, logProbs, values } = await agent.explore(observations);
    const nextValues = Float32Array.from(values, (_, i) => values[i + 1] ?? 0);
    const [terminated, done] = [new Uint8Array(steps), new Uint8Array(steps)];
    return {
      steps,
      numEnvs: 1,
      observations,
      actions,
      logProbs,
      values,
      rewards,
      nextValues,
      terminated,
      done,
    };
  };
  return {
    agent,
    updates: MINIBATCHES * definition.learning(agent.config).epochs,
    prepare: async () => {
      const rollout = await collect();
      return () => agent.update(rollout, 0);
    },
  };
}

/** An agent of the measured algorithm with its default settings. One that learns from rollouts does so in the calling thread. */
export async function createMeasuredLearner(measured: Measured, sharing?: Sharing): Promise<MeasuredLearner> {
  const definition = DEFINITIONS[measured.algorithm];
  if (learnsFromRollouts(definition)) return rolloutLearner(definition, measured);
  const agent = await createMeasuredAgent(measured, sharing);
  const batch = randomBatch(measured);
  return { agent, updates: 1, prepare: async () => () => agent.update(batch) };
}

/** This project's agent as a contestant. Closing it disposes of the agent. */
export async function agentContestant(
  measured: Measured,
  { name = 'meow-rl', sharing }: { readonly name?: string; readonly sharing?: Sharing } = {},
): Promise<Contestant & Pick<MeasuredLearner, 'agent'>> {
  const { agent, updates, prepare } = await createMeasuredLearner(measured, sharing);
  const random = createGenerator(measured.seed);
  return {
    name,
    agent,
    update: async (runs) => {
      const milliseconds: number[] = [];
      for (let made = 0; made < runs; made += updates) {
        const [duration = Number.NaN] = await durations(1, await prepare());
        milliseconds.push(duration / updates);
      }
      return milliseconds;
    },
    act: (runs, rows) => {
      const observations = new Float32Array(rows * measured.observationSize);
      random.fillNormal(observations);
      return durations(runs, () => agent.act(observations, { deterministic: false }));
    },
    close: () => agent.dispose(),
  };
}
