import type { VectorEnv } from '@meow-rl/envs';
import { replayBuffer, rolloutBuffer } from '@meow-rl/replay';
import type { ReplayBufferOptions } from '@meow-rl/replay';
import { seedFor, trainOffPolicy, trainOnPolicy } from '@meow-rl/train';
import type { OffPolicyState, OnPolicyState, TrainOffPolicyOptions, TrainResult } from '@meow-rl/train';
import type { RunParts } from '@meow-rl/train/node';

import { algorithmNamed } from '../algorithms/index.ts';
import type { Ui } from '../cli/ui.ts';
import { memoryOfMachine, memoryWarning, rolloutMemoryWarning } from './memory-warning.ts';
import { replaySettings, type ResolvedTrain } from './resolve.ts';
import { isOnPolicy, type RunAgent } from './run-agent.ts';

/** What both training loops are told. */
export interface LoopOptions extends Pick<
  TrainOffPolicyOptions,
  'env' | 'steps' | 'evaluate' | 'logEvery' | 'seed' | 'signal' | 'onEvent' | 'restartEnvironments'
> {
  readonly checkpoint: {
    readonly every: number;
    readonly save: (state: OffPolicyState | OnPolicyState) => Promise<void>;
  };
  readonly resume?: OffPolicyState | OnPolicyState | undefined;
}

/** What a run learns from, and the loop that goes with it. */
export interface RunBuffer {
  /** All that is saved and restored. */
  readonly parts: RunParts;
  train(options: LoopOptions): Promise<TrainResult>;
  /** [n, obs], observations that the agent has met, at most so many; none if not a step was made. */
  probes(rows: number): Float32Array;
}

/** Makes the buffer that a run's agent learns from. */
export const makeRunBuffer = (agent: RunAgent, settings: ResolvedTrain, env: VectorEnv, ui: Ui): RunBuffer =>
  isOnPolicy(agent.agent) ? rollouts(agent, settings, env, ui) : replay(agent, settings, env, ui);

const commonParts = ({ unwrapped, observationNormalizer, rewardScaler }: RunAgent, env: VectorEnv) => ({
  agent: unwrapped,
  env,
  observationNormalizer,
  rewardScaler,
});

function replay(run: RunAgent, settings: ResolvedTrain, env: VectorEnv, ui: Ui): RunBuffer {
  const { agent, unwrapped } = run;
  if (isOnPolicy(agent) || isOnPolicy(unwrapped))
    throw new TypeError(`${agent.algorithm} learns from rollouts.`);
  const { steps, numEnvs, nStep, prioritized, observationStorage, seed, pipeline } = settings;
  const { warmup, updatesPerStep, bufferSize } = replaySettings(settings);
  const options: ReplayBufferOptions = {
    // A run cannot fill more than its own steps.
    capacity: Math.min(bufferSize, steps + numEnvs),
    observationSize: unwrapped.observationSize,
    actionSize: unwrapped.replayed?.size ?? unwrapped.actionSize,
    discount: settings.agent.gamma,
    nStep,
    observationStorage,
    seed: seedFor('replay', seed),
    ...(prioritized && { prioritized: {} }),
  };
  const warning = memoryWarning(options, memoryOfMachine().available);
  if (warning) ui.warn(warning);
  const buffer = replayBuffer(options);
  return {
    parts: { ...commonParts(run, env), replay: buffer },
    train: ({ resume, ...loop }) => {
      const { batchSize } = settings.agent;
      const learning = { agent, replay: buffer, warmup, updatesPerStep, pipeline, batchSize };
      return trainOffPolicy({ ...loop, ...learning, resume: resume && ofReplay(resume) });
    },
    // The last that is drawn: checkpoints are written.
    probes: (rows) => (buffer.size > 0 ? buffer.sample(rows).observations.slice() : new Float32Array()),
  };
}

function rollouts(run: RunAgent, settings: ResolvedTrain, env: VectorEnv, ui: Ui): RunBuffer {
  const { agent } = run;
  const { rolloutSteps } = algorithmNamed(settings.algo);
  if (!isOnPolicy(agent) || !rolloutSteps)
    throw new TypeError(`${agent.algorithm} learns from a replay buffer.`);
  const { numEnvs } = settings;
  const { observationSize, actionSize } = agent;
  const options = { steps: rolloutSteps(settings.agent), numEnvs, observationSize, actionSize };
  const warning = rolloutMemoryWarning(options, memoryOfMachine());
  if (warning) ui.warn(warning);
  const rollout = rolloutBuffer(options);
  return {
    parts: { ...commonParts(run, env), rollout },
    train: ({ resume, ...loop }) =>
      trainOnPolicy({ ...loop, agent, rollout, resume: resume && ofRollouts(resume) }),
    probes: (rows) => rollout.newestObservations(rows),
  };
}

const WRONG_LOOP = 'the saved loop is of an algorithm that learns from something else';

function ofReplay(state: OffPolicyState | OnPolicyState): OffPolicyState {
  if ('exploration' in state) return state;
  throw new TypeError(WRONG_LOOP);
}

function ofRollouts(state: OffPolicyState | OnPolicyState): OnPolicyState {
  if ('rolloutBegan' in state) return state;
  throw new TypeError(WRONG_LOOP);
}
