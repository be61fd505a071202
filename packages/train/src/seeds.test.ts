import { expect, it } from 'vitest';

import { seedFor, seedStreams, type SeedStream } from './seeds.ts';

const uses = Object.keys(seedStreams) as SeedStream[];

it('gives every use and every seed a seed of its own, always the same', () => {
  const seeds = [0, 1].flatMap((seed) => uses.map((use) => seedFor(use, seed)));
  expect(new Set(seeds).size).toBe(2 * uses.length);
  expect(uses.map((use) => seedFor(use, 0))).toEqual(seeds.slice(0, uses.length));
});

it('keeps the numbers that saved runs depend on', () => {
  expect(seedStreams).toEqual({ environment: 0, exploration: 1, evaluation: 2, replay: 3, agent: 4 });
});
