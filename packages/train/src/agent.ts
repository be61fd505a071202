import type { Generator } from '@meow-rl/random';
import type { TransitionBatch } from '@meow-rl/replay';
import type { NamedTensors } from '@meow-rl/safetensors';

import type { Collected } from './transition-collector.ts';

/** Numbers of one update by documented names, such as `criticLoss`. */
export type UpdateMetrics = Readonly<Record<string, number>>;

/** How {@link Agent.act} chooses. */
export interface ActOptions {
  /** The most likely action instead of a sampled one. */
  readonly deterministic: boolean;
  /**
   * Draws the noise of sampled actions instead of the agent's own generator: an evaluation gives its own, so that it leaves no
   * trace in the training.
   */
  readonly generator?: Generator;
}

/** Everything that training changes in an agent. */
export interface AgentState {
  /** Parameters, targets, moments of the optimizer, by name. */
  readonly tensors: NamedTensors;
  /** Counters and generators, as plain JSON. */
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * What learns and acts. The loops know no more of an algorithm than this.
 *
 * Actions are in [-1, 1]; environments with other bounds are wrapped with `rescaleAction`.
 */
export interface Agent {
  /** Name of the algorithm, for logs. */
  readonly algorithm: string;
  readonly observationSize: number;
  readonly actionSize: number;
  /**
   * Chooses one action per observation.
   *
   * @param observations [n, obs], n = observations.length / observationSize
   * @returns [n, act] in [-1, 1]; the caller uses it before the next call
   */
  act(observations: Float32Array, options: ActOptions): Promise<Float32Array>;
  /**
   * Whether `act` may be called while an update runs; it then uses the parameters from before that update. Default: false.
   */
  readonly actsDuringUpdate?: boolean;
  /** Takes one gradient step on a batch, whose arrays may change once the promise is fulfilled. */
  update(batch: TransitionBatch): Promise<UpdateMetrics>;
  /**
   * Sees each step of training as it was collected, before updates on it; for running statistics. The arrays are the
   * loop's and change with the next step.
   */
  observe?(collected: Collected): void;
  /** [n], |TD error| of each transition of the last update's batch, copied; what prioritized replay needs. */
  tdErrors?(): Float32Array;
  /** Frees what the agent holds. */
  dispose(): Promise<void>;
}

/** An agent that can be saved in the middle of its training. */
export interface SavableAgent extends Agent {
  /** A copy of its state between two updates. */
  state(): AgentState;
  /**
   * Continues from a saved state of an agent with the same settings: the same batches then give the same bits.
   *
   * @throws Error if the state is of another kind of agent or incomplete
   */
  restore(state: AgentState): void;
}
