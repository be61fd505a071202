import type { Threads } from '@meow-rl/threads';

import { loadEngine } from './engine.ts';
import type { UpdateEngine } from './engine.ts';
import type { Pace } from './pace.ts';
import { rowCount } from './part.ts';
import type { Part, PartOptions } from './part.ts';
import type { UpdateProtocol } from './protocol.ts';
import { shardedPart, updateAlone } from './sharded-part.ts';
import type { ShardedPart } from './sharded-part.ts';

/** What the calling thread does of updates that it shares: its part, or all parts where that takes less time. */
export interface PartsOfCaller {
  /** Its part of a shared update. It has a share of each group, and so all single numbers. */
  readonly first: Part;
  update(team: Pick<Threads<UpdateProtocol>, 'runWith' | 'runAlone' | 'runNow'>): Promise<void>;
  adopt(): void;
  dispose(): Promise<void>;
}

/** Loads the first part. The others are loaded when they are first needed. */
export async function partsOfCaller(
  options: Omit<PartOptions, 'runtime' | 'thread'>,
  engine: UpdateEngine,
  pace: Pace,
): Promise<PartsOfCaller> {
  const runtime = await loadEngine(engine);
  const first = await shardedPart({ ...options, runtime, thread: 0 });
  const parts: ShardedPart[] = [first];
  /** Whether the last update was shared: then the other threads have its single numbers, else the other parts here. */
  let wasShared = true;

  const takeOver = async () => {
    for (let thread = parts.length; thread < options.threads; thread += 1) {
      const place = { ...options, runtime, thread };
      // In as few sessions as there can be: two in turns take clearly longer than one run twice.
      const lender = parts.find(({ rows }) => rows === rowCount(place));
      parts.push(await shardedPart(place, lender));
    }
    first.publish();
    for (const part of parts.slice(1)) part.adopt();
  };
  /** Without what the other way leaves to do: it is done once for many updates. */
  const timed = async (update: () => Promise<void>) => {
    const begun = performance.now();
    await update();
    pace.took(performance.now() - begun);
  };

  return {
    first,
    update: async (team) => {
      const { shares } = pace;
      if (shares) {
        if (!wasShared) {
          first.publish();
          team.runNow('adopt');
        }
        await timed(() => team.runWith('update', first.update));
      } else
        await team.runAlone('update', async () => {
          if (wasShared) await takeOver();
          await timed(() => updateAlone(parts, options.memory));
        });
      wasShared = shares;
    },
    adopt: () => {
      for (const part of parts) part.adopt();
    },
    dispose: async () => {
      for (const part of parts) await part.dispose();
    },
  };
}
