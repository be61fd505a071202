import { makeEnv, rescaleAction, vectorEnv } from '@meow-rl/envs';
import type { Runtime } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import type { CommonSettings } from '@meow-rl/learner';
import type { SettingsOf } from '@meow-rl/learner/settings';
import { replayBuffer } from '@meow-rl/replay';
import { evaluate, seedFor, trainOffPolicy } from '@meow-rl/train';
import type { OffPolicyAgent } from '@meow-rl/train';

const SEED = 1;
const pendulum = () => rescaleAction(makeEnv('Pendulum-v1'));

/** What is made of an algorithm to learn the task. */
interface AgentSetup<C> {
  readonly runtime: Runtime;
  readonly observationSize: number;
  readonly actionSize: number;
  readonly seed: number;
  readonly config: C;
}

/** An agent of an algorithm in training. */
type LearningAgent = OffPolicyAgent & {
  readonly config: SettingsOf<CommonSettings>;
  dispose(): Promise<void>;
};

/** How the task is learned. */
export interface SwingUpOptions<C> {
  readonly create: (setup: AgentSetup<C>) => Promise<LearningAgent>;
  readonly config: C;
  readonly steps: number;
}

/**
 * Trains an agent to swing up Pendulum-v1.
 *
 * @returns mean returns of 20 episodes with deterministic actions, before and after
 */
export async function swingUp<C>({ create, config, steps }: SwingUpOptions<C>) {
  const env = vectorEnv(pendulum, { numEnvs: 1, autoresetMode: 'same-step' });
  const sizes = { observationSize: env.singleObservationSpace.size, actionSize: env.singleActionSpace.size };
  const agent = await create({ runtime: onnxRuntimeNode(), ...sizes, seed: SEED, config });
  const play = async (): Promise<number> => {
    const options = { actor: agent, env: pendulum(), episodes: 20, deterministic: true, seed: 100 };
    return (await evaluate(options)).mean;
  };
  try {
    const before = await play();
    const { batchSize, gamma: discount } = agent.config;
    const replay = replayBuffer({ capacity: steps, ...sizes, discount, seed: seedFor('replay', SEED) });
    await trainOffPolicy({ agent, env, replay, steps, warmup: 500, batchSize, seed: SEED });
    return { before, after: await play() };
  } finally {
    await agent.dispose();
    await env.close();
  }
}

/** For deterministic policies: RL Zoo's discount and rates for this task; small networks, and targets that follow faster. */
export const DETERMINISTIC_SWING_UP = {
  gamma: 0.98,
  tau: 0.01,
  hidden: [64, 64],
  batchSize: 64,
  policyLearningRate: 1e-3,
  qLearningRate: 1e-3,
} as const;
