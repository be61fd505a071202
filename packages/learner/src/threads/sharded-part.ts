import { floatsAt } from '@meow-rl/graph';
import type { Executable } from '@meow-rl/graph';

import { groupStates } from '../algorithm.ts';
import { rowCount, shardOf } from './part.ts';
import type { Part, PartOptions } from './part.ts';
import type { SharedMemory } from './shared-memory.ts';
import { makeStores } from './share-stores.ts';
import type { GroupShare } from './share-stores.ts';
import { stagePart } from './stage-part.ts';
import type { Load, StagePart } from './stage-part.ts';

/** The part of one thread. What all parts do between two meetings is a phase of them. */
export interface ShardedPart extends Part {
  /** Rows of each batch that are its. */
  readonly rows: number;
  /** The phases of each stage: as many in all parts. */
  readonly stages: readonly StagePart[];
}

/**
 * The part of one of several threads. Each computes the gradients of its rows, then adds up the gradients of its share of the
 * parameters over all threads, in a fixed order, and steps these. Frees what it has loaded if it can't load the rest.
 *
 * @param lender another part in the same thread, with as many rows: gradients are computed in its sessions, which have the same
 *   program. It has to outlive this one, and to come after it in each phase
 */
export async function shardedPart(options: PartOptions, lender?: ShardedPart): Promise<ShardedPart> {
  const { algorithm, runtime, memory, meet } = options;
  const rows = rowCount(options);
  const shares = algorithm.groups.flatMap((group): GroupShare[] => {
    const share = shardOf(group.layout.size, options);
    return share.end > share.start ? [{ group, ...share }] : [];
  });
  const stores = makeStores(options, shares);
  const loaded: Executable[] = [];
  const dispose = async (): Promise<void> => {
    for (const executable of loaded) await executable.dispose();
  };
  const load: Load = async (program, state) => {
    const executable = await runtime.load(program, { state });
    loaded.push(executable);
    return executable;
  };
  const stages: StagePart[] = [];
  try {
    for (const [i, stage] of algorithm.stages.entries())
      stages.push(
        await stagePart({ options, rows, shares, stores, load }, stage, i, lender?.stages[i]?.gradients),
      );
  } catch (error) {
    await dispose();
    throw error;
  }
  /** The single numbers of its shares: the same in all threads that have a share of the group. */
  const numbers = shares.flatMap(({ group }) =>
    Object.entries(groupStates(group)).flatMap(([name, { shape }]) => {
      const vector = memory.states[name];
      return vector && shape.length === 0 ? [{ name, data: floatsAt(vector) }] : [];
    }),
  );
  return {
    rows,
    stages,
    update: async () => {
      let mustMeet = false;
      for (const [i, { phases, steps }] of stages.entries()) {
        if (memory.takesPart[i] !== 1) continue;
        for (const phase of phases) {
          // What the phase before has made is read from here on.
          if (mustMeet) meet();
          await phase();
          mustMeet = true;
        }
        mustMeet = steps;
      }
    },
    publish: () => {
      for (const { name, data } of numbers) stores.shares.read(name, data);
    },
    adopt: () => {
      for (const { name, data } of numbers) stores.shares.write(name, data);
    },
    dispose,
  };
}

/**
 * The update of all parts in one thread: to the bits of as many threads, whose sums it adds up in their order. The last part goes
 * first, as parts lend their sessions, and so the place of their gradients, to later ones.
 */
export async function updateAlone(
  parts: readonly Pick<ShardedPart, 'stages'>[],
  { takesPart }: Pick<SharedMemory, 'takesPart'>,
): Promise<void> {
  const lastFirst = parts.toReversed();
  for (const i of takesPart.keys()) {
    if (takesPart[i] !== 1) continue;
    const count = parts[0]?.stages[i]?.phases.length ?? 0;
    for (let k = 0; k < count; k += 1) for (const { stages } of lastFirst) await stages[i]?.phases[k]?.();
  }
}
