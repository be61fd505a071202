import type { Protocol } from '@meow-rl/threads';

import type { CommonSettings, Sizes } from '../definition.ts';
import type { SettingsOf } from '../settings/index.ts';
import type { UpdateEngine } from './engine.ts';
import type { SharedMemory } from './shared-memory.ts';

/** What an agent's thread and those of its updates agree on. */
export interface UpdateProtocol extends Protocol {
  readonly data: {
    /** Where a thread finds the definition. */
    readonly definition: { readonly module: string; readonly name: string };
    readonly sizes: Sizes;
    readonly config: SettingsOf<CommonSettings>;
    readonly engine: UpdateEngine;
    readonly seed: number;
    readonly memory: SharedMemory;
  };
  readonly command: 'update' | 'publish' | 'adopt';
  readonly ready: undefined;
}
