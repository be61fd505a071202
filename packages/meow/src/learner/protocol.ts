import type { Protocol } from '@meow-rl/threads';

import type { MeowConfig } from '../settings.ts';
import type { Sizes } from '../model.ts';
import type { LearnerEngine } from './engine.ts';
import type { LearnerMemory } from './memory.ts';

/** What a thread of a learner is started with. */
export interface ThreadSetup {
  readonly engine: LearnerEngine;
  readonly sizes: Sizes;
  readonly config: MeowConfig;
  readonly seed: number;
  readonly memory: LearnerMemory;
}

/** What a learner and its threads agree on. */
export interface LearnerProtocol extends Protocol {
  readonly data: ThreadSetup;
  readonly command: 'update' | 'read' | 'write';
  readonly ready: {
    /** Offsets of dropout masks are drawn from 0 up to, not including, this; 0 if nothing is dropped. */
    readonly offsets: number;
  };
}
