import type { MeowConfig } from '../config.ts';
import type { Sizes } from '../model.ts';
import type { UpdateMetric } from '../update.ts';
import type { LearnerMemory, Shard } from './memory.ts';

/** What a thread of a learner is started with. */
export interface ThreadSetup {
  readonly sizes: Sizes;
  readonly config: MeowConfig;
  readonly seed: number;
  readonly index: number;
  readonly threads: number;
  readonly shard: Shard;
  readonly memory: LearnerMemory;
}

/**
 * What a thread is told. `update` is answered by a message; `read` and `write`, on which the agent's thread blocks, in the
 * shared memory; `end` by ending.
 */
export type ThreadCommand = 'update' | 'read' | 'write' | 'end';

/** What a thread says: when it is ready, and after each update. */
export type ThreadReply =
  | { readonly type: 'ready'; readonly offsets: number }
  | { readonly type: 'updated'; readonly metrics: Readonly<Record<UpdateMetric, number>> };
