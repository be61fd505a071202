import type { Policy } from '@meow-rl/export';

import type { Trace } from './trace.ts';

/** Something that a policy plays, and how it is drawn. */
export interface PlayedScene {
  readonly policy: Policy;
  /** Seconds between two steps. */
  readonly stepSeconds: number;
  /** Begins anew. */
  restart(): void;
  /** Takes a step. */
  step(): Promise<void>;
  draw(context: CanvasRenderingContext2D): void;
  /** A line on how it goes. */
  status(): string;
  /** Plays steps of an episode of its own, beside what is drawn. */
  trace(options: { readonly seed: number; readonly steps: number }): Promise<Trace>;
}
