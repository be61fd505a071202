import { partOfVector } from '@meow-rl/graph';
import type { SharedVector, StateStore } from '@meow-rl/graph';

import { algorithmStates, groupStates } from '../algorithm.ts';
import type { Group } from '../algorithm.ts';
import { gradientState } from '../stage-programs.ts';
import type { PartOptions } from './part.ts';

/** A group of which the thread steps some entries. */
export interface GroupShare {
  readonly group: Group;
  readonly start: number;
  readonly end: number;
}

/** The states that a thread works on: those of all groups as they are read, and its shares of them as it steps them. */
export interface Stores {
  readonly whole: StateStore;
  readonly shares: StateStore;
}

const spec = (vector: SharedVector) => ({ shape: [vector.length], initial: new Float32Array(vector.length) });

const specsOf = (vectors: Readonly<Record<string, SharedVector>>) =>
  Object.fromEntries(Object.entries(vectors).map(([name, vector]) => [name, spec(vector)]));

/** Makes the stores of a thread, on the memory that all share. */
export function makeStores(options: PartOptions, shares: readonly GroupShare[]): Stores {
  const { algorithm, runtime, thread, threads, memory } = options;
  const gradient = (group: Group, owner: number): SharedVector | undefined =>
    memory.gradients[gradientState(group.name, owner)];
  const vectorsOf = (names: readonly string[]) =>
    Object.fromEntries(
      names.flatMap((name) => {
        const vector = memory.states[name];
        return vector ? [[name, vector] as const] : [];
      }),
    );
  const gradients = Object.fromEntries(
    algorithm.groups.flatMap((group) => {
      const vector = gradient(group, thread);
      return vector ? [[gradientState(group.name, thread), vector] as const] : [];
    }),
  );
  const all = algorithmStates(algorithm);
  const vectorStates = Object.keys(all).filter((name) => all[name]?.shape.length === 1);
  const wholeVectors = { ...vectorsOf(vectorStates), ...gradients };

  const parts: Record<string, SharedVector> = {};
  const specs: Record<string, { shape: readonly number[]; initial: ArrayLike<number> }> = {};
  for (const { group, start, end } of shares) {
    const states = groupStates(group, end - start);
    Object.assign(specs, states);
    for (const [name, { shape }] of Object.entries(states)) {
      const vector = memory.states[name];
      // Not single numbers: one thread would read what another has written in the same step.
      if (vector && shape.length === 1) parts[name] = partOfVector(vector, start, end);
    }
    for (let owner = 0; owner < threads; owner += 1) {
      const vector = gradient(group, owner);
      if (vector) parts[gradientState(group.name, owner)] = partOfVector(vector, start, end);
    }
  }
  return {
    whole: runtime.createState(specsOf(wholeVectors), { shared: wholeVectors }),
    shares: runtime.createState({ ...specsOf(parts), ...specs }, { shared: parts }),
  };
}
