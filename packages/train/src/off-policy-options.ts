import type { Env, VectorEnv } from '@meow-rl/envs';
import type { ReplayBuffer } from '@meow-rl/replay';

import type { OffPolicyAgent } from './contracts/off-policy-agent.ts';
import type { TrainEvent } from './events.ts';
import type { OffPolicyState } from './off-policy-state.ts';

/** When and how a training loop evaluates. */
export interface EvaluationSchedule {
  /** An environment of its own, with a time limit, or several that step together. */
  readonly env: Env | VectorEnv;
  /** Environment steps between evaluations; the paper's is 10 000. */
  readonly every: number;
  /** Episodes per evaluation. Default: 10, as in the paper. */
  readonly episodes?: number;
  /** Whether to play as many episodes with sampled actions too. Default: false. */
  readonly stochastic?: boolean;
  /**
   * Given what plays an evaluation: calls it once, and may have other parameters of the agent act meanwhile, as their average. Default: it is
   * just played.
   */
  readonly playing?: (play: () => Promise<void>) => Promise<void>;
}

/** When a training loop hands over its state to be saved. */
export interface CheckpointSchedule<S = OffPolicyState> {
  /** Environment steps between checkpoints. A run that the signal stops is saved too. */
  readonly every: number;
  /**
   * Saves the run: this state of the loop, and those of agent, environments and buffer, which don't change until the
   * promise is fulfilled. What takes long may go on after that.
   */
  readonly save: (state: S) => Promise<void>;
}

/** Options of `trainOffPolicy`. */
export interface TrainOffPolicyOptions {
  readonly agent: OffPolicyAgent;
  /** Any autoreset mode; actions in [-1, 1]. */
  readonly env: VectorEnv;
  /**
   * Draws its batches with its own generator: give it `seedFor('replay', seed)`. Its `actionSize` is the agent's, or that of
   * `agent.replayed`, its `discount` the agent's `gamma`.
   */
  readonly replay: ReplayBuffer;
  /** Environment steps in all, each sub-environment's counted; the last vector step may exceed it. */
  readonly steps: number;
  /** Environment steps with uniform random actions and without updates, at the start. Default: 0. */
  readonly warmup?: number;
  /** Updates per environment step after the warm-up; fractions add up. Default: 1, as in the paper. */
  readonly updatesPerStep?: number;
  /** Transitions per update. Default: the agent's `batchSize`, or 256, as in the paper. */
  readonly batchSize?: number;
  /**
   * Whether updates overlap with acting and stepping the environment: a step's actions then come from the parameters before
   * the last update, always, so the run is as repeatable as without. What the last step calls for isn't updated on. Needs an
   * agent with `actsDuringUpdate`. Default: false.
   */
  readonly pipeline?: boolean;
  /** Default: none. */
  readonly evaluate?: EvaluationSchedule;
  /** Environment steps between `metrics` events. Default: 1000. */
  readonly logEvery?: number;
  /** Fixes the environments, the warm-up and the evaluations, through `seedStreams`. */
  readonly seed: number;
  /** Default: none. */
  readonly checkpoint?: CheckpointSchedule;
  /**
   * Continues from a saved state instead of beginning. Agent, environments and replay buffer have to be restored to the same
   * moment, and what trains has to be the same: then everything goes on to the same bits. `steps`, `logEvery`, `evaluate` and
   * `checkpoint` may differ: a run resumed with more steps is the one begun with as many.
   */
  readonly resume?: OffPolicyState | undefined;
  /**
   * With `resume`: the environments could not be restored, so they are reset, by `restartSeed` of the run's seed and the step, and their
   * running episodes are given up, with a rollout that has begun. Nothing else is lost; a `restart` event says so. Default: false.
   */
  readonly restartEnvironments?: boolean;
  /**
   * Stops the run at the next step boundary, also out of an evaluation; that is then made where the run is resumed.
   */
  readonly signal?: AbortSignal | undefined;
  /** Called with every event; a promise is awaited, so a slow listener slows the run instead of piling up. What it returns isn't looked at. */
  readonly onEvent?: (event: TrainEvent) => unknown;
}
