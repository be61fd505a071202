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
  readonly index: number;
  readonly threads: number;
  readonly memory: LearnerMemory;
  /** How long it stays awake after a command, waiting for the next one. */
  readonly awakeMilliseconds: number;
}

/** What the agent's thread asks of all threads. */
export const Command = { update: 1, read: 2, write: 3, end: 4 } as const;
export type CommandName = keyof typeof Command;

/** What a thread says once, when it is ready. */
export interface ThreadReady {
  /** Offsets of dropout masks are drawn from 0 up to, not including, this; 0 if nothing is dropped. */
  readonly offsets: number;
}
