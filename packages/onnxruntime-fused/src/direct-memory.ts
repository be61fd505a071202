import { sizeOf } from './direct-operations.ts';
import type { Step } from './direct-operations.ts';

/** Where a tensor lies that a program makes. */
export type Place =
  /** In the program's memory. */
  | { readonly kind: 'memory'; readonly offset: number }
  /** In the room that is offered for a result. */
  | { readonly kind: 'room'; readonly of: string; readonly offset: number }
  /** In what it is a part of. */
  | { readonly kind: 'part' };

interface MemoryPlan {
  placeOf(name: string): Place;
  /** Floats of the program's memory. */
  readonly size: number;
}

/** Tensors begin at multiples of a cache line. */
const LINE_FLOATS = 16;
const inLines = (floats: number): number => Math.ceil(floats / LINE_FLOATS) * LINE_FLOATS;

/** Gives memory out, and again once it was given back: the smallest stretch that is large enough. */
function allocator() {
  const free: { offset: number; size: number }[] = [];
  let end = 0;
  return {
    take: (size: number): number => {
      const fits = free.filter((stretch) => stretch.size >= size);
      const [best] = fits.toSorted((a, b) => a.size - b.size);
      if (!best) {
        // What is free at the end grows.
        const last = free.findIndex((stretch) => stretch.offset + stretch.size === end);
        const offset = free[last]?.offset ?? end;
        if (last >= 0) free.splice(last, 1);
        end = offset + size;
        return offset;
      }
      const { offset } = best;
      best.offset += size;
      best.size -= size;
      if (best.size === 0) free.splice(free.indexOf(best), 1);
      return offset;
    },
    give: (offset: number, size: number): void => {
      if (size === 0) return;
      const before = free.find((stretch) => stretch.offset + stretch.size === offset);
      const after = free.find((stretch) => stretch.offset === offset + size);
      if (after) free.splice(free.indexOf(after), 1);
      const length = size + (after?.size ?? 0);
      if (before) before.size += length;
      else free.push({ offset, size: length });
    },
    end: () => end,
  };
}

/** Where a tensor lies within another one that has its memory. */
interface Within {
  readonly owner: string;
  readonly offset: number;
}

/**
 * Decides where what a program makes lies. Parts lie in what they are parts of, and what is joined is made where it is joined; memory is
 * given out again when nothing reads what is there any more.
 *
 * @param results what room is offered for
 */
export function planMemory(steps: readonly Step[], results: ReadonlySet<string>): MemoryPlan {
  const sizes = new Map<string, number>();
  const partOf = new Map<string, Within>();
  for (const { inputs, outputs, partAt } of steps)
    for (const { name, dims } of outputs) {
      sizes.set(name, sizeOf(dims));
      if (partAt !== undefined && !results.has(name))
        partOf.set(name, { owner: inputs[0] ?? '', offset: partAt });
    }

  const madeIn = new Map<string, Within>();
  /** What a tensor is the whole of, where it is but another shape of it. */
  const wholeOf = (name: string): string => {
    const { owner = '' } = partOf.get(name) ?? {};
    return owner !== '' && sizes.get(owner) === sizes.get(name) ? wholeOf(owner) : name;
  };
  const makeIn = (input: string, owner: string, offset: number): void => {
    const whole = wholeOf(input);
    const isOwn = sizes.has(whole) && !results.has(whole) && !partOf.has(whole) && !madeIn.has(whole);
    if (isOwn) madeIn.set(whole, { owner, offset });
  };
  // Backwards, so that what is joined into what is joined has its place.
  for (const { inputs, outputs, partAt, joinsAt } of steps.toReversed()) {
    const [output] = outputs;
    if (!output) continue;
    for (const [i, offset] of (joinsAt ?? []).entries()) makeIn(inputs[i] ?? '', output.name, offset);
    const [input = ''] = inputs;
    if (partAt === 0 && results.has(output.name) && sizes.get(input) === sizes.get(output.name))
      makeIn(input, output.name, 0);
  }

  const ownerOf = (name: string): Within => {
    const within = partOf.get(name) ?? madeIn.get(name);
    if (!within) return { owner: name, offset: 0 };
    const { owner, offset } = ownerOf(within.owner);
    return { owner, offset: offset + within.offset };
  };
  const life = new Map<string, { first: number; last: number }>();
  for (const [i, { inputs, outputs }] of steps.entries())
    for (const name of [...outputs.map((output) => output.name), ...inputs]) {
      const { owner } = ownerOf(name);
      if (!sizes.has(owner) || results.has(owner)) continue;
      const known = life.get(owner);
      if (known) known.last = i;
      else life.set(owner, { first: i, last: i });
    }
  const offsets = new Map<string, number>();
  const memory = allocator();
  for (const i of steps.keys()) {
    const sizeIn = (owner: string) => inLines(sizes.get(owner) ?? 0);
    for (const [owner, { first }] of life) if (first === i) offsets.set(owner, memory.take(sizeIn(owner)));
    for (const [owner, { last }] of life) if (last === i) memory.give(offsets.get(owner) ?? 0, sizeIn(owner));
  }
  return {
    placeOf: (name) => {
      if (partOf.has(name)) return { kind: 'part' };
      const { owner, offset } = ownerOf(name);
      return results.has(owner)
        ? { kind: 'room', of: owner, offset }
        : { kind: 'memory', offset: (offsets.get(owner) ?? 0) + offset };
    },
    size: memory.end(),
  };
}
