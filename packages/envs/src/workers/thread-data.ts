import type { MessagePort } from 'node:worker_threads';

import type { Protocol } from '@meow-rl/threads';

import type { BoxOptions } from '../box.ts';
import type { AutoresetMode } from '../autoreset-mode.ts';
import type { BlockShape } from './shared-block.ts';

/** What a worker starts with. */
export interface ThreadData {
  /** URLs of what is imported first. */
  readonly imports: readonly string[];
  /** URL of the module that exports the registry or factory. */
  readonly module: string;
  readonly exportName: string;
  /** Whether that export makes one environment instead of listing many. */
  readonly factory: boolean;
  readonly id: string;
  readonly maxSteps: number | undefined;
  readonly options: object | undefined;
  readonly rescaleActions: boolean;
  readonly restsAfterEpisode: boolean;
  readonly autoresetMode: AutoresetMode;
  /** Its rows: from `first`, `count` of them. */
  readonly first: number;
  readonly count: number;
  /** For commands with arguments and for what numbers can't say. */
  readonly port: MessagePort;
}

/** What a worker says when its environments are there. */
export interface ThreadReady {
  /** The environments' own id. */
  readonly id: string;
  readonly observationSpace: Required<BoxOptions>;
  readonly actionSpace: Required<BoxOptions>;
}

/** What `share` gives it then, before any other command. */
export interface ThreadMemory extends BlockShape {
  readonly buffer: SharedArrayBuffer;
}

/** What main thread and workers agree on. */
export interface WorkerProtocol extends Protocol {
  readonly data: ThreadData;
  readonly command: 'share' | 'step' | 'reset' | 'state' | 'restore' | 'close';
  readonly ready: ThreadReady;
}

export type CommandName = WorkerProtocol['command'];
