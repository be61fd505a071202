import type { NamedTensors } from '@meow-rl/safetensors';

/** Everything that training changes in an agent. */
export interface AgentState {
  /** Parameters, targets, moments of the optimizer, by name. */
  readonly tensors: NamedTensors;
  /** Counters and generators, as plain JSON. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** What can be saved in the middle of its training. */
export interface Savable {
  /** A copy of its state between two updates. */
  state(): AgentState;
  /**
   * Continues from a saved state of an agent with the same settings: the same batches then give the same bits.
   *
   * @throws Error if the state is of another kind of agent or incomplete
   */
  restore(state: AgentState): void;
}
