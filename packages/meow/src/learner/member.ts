import { floatsAt } from '@meow-rl/graph';
import type { FloatArray } from '@meow-rl/graph';

import type { UpdateMetric } from '../update.ts';
import { eachBatchInput } from './memory.ts';
import type { LearnerMemory } from './memory.ts';
import { UPDATE_METRICS } from './metrics.ts';
import { wholeReplica } from './replica.ts';
import type { ReplicaOptions, UpdateInputs } from './replica.ts';
import { sharesOf } from './shares.ts';
import { sharingReplica } from './sharing-replica.ts';
import { eachState } from './states.ts';

/** One thread's part of a learner, which works on the memory that it shares with the others. */
export interface Member {
  /** Offsets of dropout masks are drawn from 0 up to, not including, this; 0 if nothing is dropped. */
  readonly offsets: number;
  /** Its part of an update: from its rows of the batch to new parameters, its metrics and its rows' errors. */
  update(): Promise<void>;
  /** Writes into the shared state what it keeps for itself. */
  read(): void;
  /** Takes that over from the shared state. */
  write(): void;
  dispose(): Promise<void>;
}

export interface MemberOptions extends ReplicaOptions {
  readonly index: number;
  readonly threads: number;
  readonly memory: LearnerMemory;
  /** Returns once all threads have called it as often as this one. */
  readonly meet: () => void;
}

/** What a member does with its rows of the batch. */
interface Part extends Omit<Member, 'update'> {
  update(inputs: UpdateInputs): Promise<{
    readonly metrics: Readonly<Record<UpdateMetric, number>>;
    readonly tdErrors: FloatArray;
  }>;
}

/** One thread's part of a learner. */
export async function learnerMember(options: MemberOptions): Promise<Member> {
  const { index, threads, memory, model } = options;
  const { batchSize } = model.config;
  const part = await (threads === 1 ? wholePart(options) : sharingPart(options));
  const { start, end } = sharesOf(batchSize, threads)[index] ?? { start: 0, end: 0 };
  const rowsOf = (values: Float32Array) => {
    const width = values.length / batchSize;
    return values.subarray(start * width, end * width);
  };
  const inputs = {
    ...eachBatchInput((name) => rowsOf(memory.batch[name])),
    dropoutOffsets: memory.offsets[index] ?? [],
  };
  const tdErrors = rowsOf(memory.tdErrors);
  const metrics = memory.metrics[index];
  return {
    ...part,
    update: async () => {
      const result = await part.update(inputs);
      tdErrors.set(result.tdErrors);
      metrics?.set(UPDATE_METRICS.map((name) => result.metrics[name]));
    },
  };
}

/** That of the only thread: its updates have the bits of those without threads. */
async function wholePart({ memory, ...options }: MemberOptions): Promise<Part> {
  const { offsets, state, step, dispose } = await wholeReplica(options);
  const whole = eachState((name) => floatsAt(memory.state[name]));
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

/** That of one of several threads. The next update begins after all threads have ended this one. */
async function sharingPart({ memory, index, threads, meet, ...options }: MemberOptions): Promise<Part> {
  const replica = await sharingReplica({ ...options, index, replicas: threads, places: memory });
  const { norms } = memory;
  return {
    offsets: replica.offsets,
    update: async (inputs) => {
      const { metrics, tdErrors } = await replica.gradient(inputs);
      meet();
      norms[index] = await replica.sum();
      meet();
      const step = await replica.step(Math.hypot(...norms));
      return { metrics: { ...metrics, ...step }, tdErrors };
    },
    read: () => replica.publish(),
    write: () => replica.restore(),
    dispose: () => replica.dispose(),
  };
}
