import type { MessagePort } from 'node:worker_threads';

import type { BoxOptions } from '../box.ts';
import type { AutoresetMode } from '../vector-env.ts';
import type { BlockShape } from './shared-block.ts';

/** What a worker starts with. */
export interface ThreadData {
  /** URL of the module that exports the registry. */
  readonly module: string;
  readonly exportName: string;
  readonly id: string;
  readonly maxSteps: number | undefined;
  readonly options: object | undefined;
  readonly rescaleActions: boolean;
  readonly autoresetMode: AutoresetMode;
  /** Number of this worker. */
  readonly worker: number;
  /** Its rows: from `first`, `count` of them. */
  readonly first: number;
  readonly count: number;
  /** For commands with arguments and for what numbers can't say. */
  readonly port: MessagePort;
}

/** What a worker says when its environments are there. */
export interface ThreadReady {
  readonly observationSpace: Required<BoxOptions>;
  readonly actionSpace: Required<BoxOptions>;
}

/** What it gets then. */
export interface ThreadMemory extends BlockShape {
  readonly buffer: SharedArrayBuffer;
}
