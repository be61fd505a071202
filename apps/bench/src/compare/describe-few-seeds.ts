import type { Comparison, GroupResult } from './analyse.ts';
import { LEAST_SEEDS_OF_INTERVAL } from './few-seeds.ts';

/** With fewer the bootstrap covers far less than it promises. */
const SEEDS_OF_FAIR_BOOTSTRAP = 5;

/** `one seed`, `two seeds`: fewer than an interval takes. */
export const fewSeeds = (seeds: number): string => (seeds === 1 ? 'one seed' : 'two seeds');

/** Why a pair has no interval: `one seed a side`, `one seed of sac`. */
export function fewSeedsOfPair(x: string, y: string, groups: readonly GroupResult[]): string {
  const few = [x, y].flatMap((label) => {
    const seeds = groups.find((group) => group.label === label)?.seeds.length ?? 0;
    return seeds < LEAST_SEEDS_OF_INTERVAL ? [{ label, seeds }] : [];
  });
  const [first, second] = few;
  if (!first) return '';
  return first.seeds === second?.seeds
    ? `${fewSeeds(first.seeds)} a side`
    : few.map(({ label, seeds }) => `${fewSeeds(seeds)} of ${label}`).join(', ');
}

/** What stands below tables with bootstrap intervals of few seeds; nothing where there are none. */
export const fewSeedsCaveat = ({ environments }: Pick<Comparison, 'environments'>): string =>
  environments.some(({ groups }) =>
    groups.some(({ seeds }) => seeds.length > 1 && seeds.length < SEEDS_OF_FAIR_BOOTSTRAP),
  )
    ? `Bootstrap intervals of fewer than about ${SEEDS_OF_FAIR_BOOTSTRAP} seeds are too narrow; Student's t is the safer one there.`
    : '';
