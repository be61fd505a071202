import type { FloatArray } from '@meow-rl/graph';

import type { LearnerState } from '../apply-gradient.ts';
import type { UpdateMetric } from '../update.ts';
import { barrier } from './barrier.ts';
import type { LearnerMemory } from './memory.ts';
import { wholeReplica } from './replica.ts';
import type { ReplicaOptions, UpdateInputs } from './replica.ts';
import { sharingReplica } from './sharing-replica.ts';
import { eachState } from './states.ts';

/** What a thread of a learner does with the memory that it shares with the others. */
export interface Member {
  /** Offsets of dropout masks are drawn from 0 up to, not including, this; 0 if nothing is dropped. */
  readonly offsets: number;
  /** Its part of an update; afterwards the shared parameters are the new ones. */
  update(inputs: UpdateInputs): Promise<{
    readonly metrics: Readonly<Record<UpdateMetric, number>>;
    readonly tdErrors: FloatArray;
  }>;
  /** Writes its part of the state into the shared one. */
  read(): void;
  /** Takes over its part of the shared state. */
  write(): void;
  dispose(): Promise<void>;
}

export interface MemberOptions extends ReplicaOptions {
  readonly index: number;
  readonly threads: number;
  readonly memory: LearnerMemory;
}

/** One thread's part of a learner. */
export const learnerMember = (options: MemberOptions): Promise<Member> =>
  options.threads === 1 ? wholeMember(options) : sharingMember(options);

/** The only thread: its updates have the bits of those without threads. */
async function wholeMember({ memory: { state: whole }, ...options }: MemberOptions): Promise<Member> {
  const { offsets, state, step, dispose } = await wholeReplica(options);
  return {
    offsets,
    update: async (inputs) => {
      const result = await step(inputs);
      state.readState('parameters', whole.parameters);
      return result;
    },
    read: () => {
      eachState((name) => state.readState(name, whole[name]));
    },
    write: () => {
      eachState((name) => state.writeState(name, whole[name]));
    },
    dispose,
  };
}

const OF_GRADIENTS: readonly LearnerState[] = ['parameters', 'target'];

/**
 * One of several threads. Between two barriers each reads only what the others no longer write; the next update begins after
 * all threads have ended this one.
 */
async function sharingMember({ memory, index, threads, ...options }: MemberOptions): Promise<Member> {
  const replica = await sharingReplica({ ...options, index, replicas: threads });
  const { gradients, norms, state: whole } = memory;
  const meet = barrier(memory.control, threads);
  return {
    offsets: replica.offsets,
    update: async (inputs) => {
      const { gradient, metrics, tdErrors } = await replica.gradient(inputs);
      gradients[index]?.set(gradient);
      meet();
      norms[index] = await replica.sum(gradients);
      meet();
      const step = await replica.step(Math.hypot(...norms));
      replica.publish(whole, OF_GRADIENTS);
      meet();
      replica.adopt(whole);
      return { metrics: { ...metrics, ...step }, tdErrors };
    },
    read: () => {
      replica.publish(whole, Object.values(eachState((name) => name)));
    },
    write: () => {
      replica.restore(whole);
      replica.adopt(whole);
    },
    dispose: () => replica.dispose(),
  };
}
