import { stream } from '@meow-rl/random';

import { isRecord, mergeConfig, nest, type RawConfig } from '../cli/config-file.ts';
import { fileName } from '../files/file-name.ts';
import type { Group, SweepDefinition } from './definition.ts';
import { draw } from './distribution.ts';

/** Settings that trials of a group have in common, with a name. */
export interface Variant {
  /** Empty where a group has only one. */
  readonly name: string;
  readonly settings: RawConfig;
}

/** The variants of a group: each of `grid` with each of `list` with each draw of `random`. */
export function variantsOf({ grid, list, random }: Group): Variant[] {
  return [gridVariants(grid), list.map(listed), randomVariants(random)].reduce(
    (before, after) => before.flatMap((a) => after.map((b) => joined(a, b))),
    [NONE],
  );
}

const NONE: Variant = { name: '', settings: {} };

const joined = (a: Variant, b: Variant): Variant => ({
  name: [a.name, b.name].filter((name) => name !== '').join(','),
  settings: mergeConfig(a.settings, b.settings),
});

const gridVariants = (grid: Group['grid']): Variant[] =>
  Object.entries(grid).reduce<Variant[]>(
    (before, [key, values]) =>
      before.flatMap((variant) =>
        values.map((value) =>
          joined(variant, { name: said(key, value), settings: nest(key.split('.'), value) }),
        ),
      ),
    [NONE],
  );

function listed({ name, ...settings }: RawConfig): Variant {
  return { name: typeof name === 'string' ? name : saidOfAll(settings).join(','), settings };
}

function randomVariants({ trials, seed, settings }: Group['random']): Variant[] {
  if (trials === undefined) return [NONE];
  const drawn = Array.from({ length: trials }, (_, index): Variant => {
    // A stream for each: with more of them, those before stay what they were.
    const random = stream(seed, index);
    return {
      name: `random-${index}`,
      settings: Object.entries(settings).reduce<RawConfig>(
        (before, [key, distribution]) =>
          mergeConfig(before, nest(key.split('.'), draw(distribution, random))),
        {},
      ),
    };
  });
  // Of discrete values some are drawn again, which would be a copy of a trial.
  const keys = drawn.map((variant) => JSON.stringify(variant.settings));
  return drawn.filter((_, index) => keys.indexOf(keys[index] ?? '') === index);
}

/** Says which groups have fewer variants than are to be drawn, as all else that is drawn is there already. */
export const repeatedDraws = ({ groups, source }: Pick<SweepDefinition, 'groups' | 'source'>): string[] =>
  groups.flatMap(({ name, random }, i) => {
    const { trials = 0 } = random;
    const kept = trials > 0 ? randomVariants(random).length : 0;
    const group = groups.length === 1 ? '' : `, group ${name ?? i + 1}`;
    return kept === trials
      ? []
      : [
          `${source}${group}: of the ${trials} variants that random draws ${kept} are different, and trained; the others are copies of these`,
        ];
  });

/** `alpha=1` for `agent.alpha` and 1. */
const said = (key: string, value: unknown): string =>
  `${key.slice(key.lastIndexOf('.') + 1)}=${Array.isArray(value) ? value.join('-') : String(value)}`;

const saidOfAll = (settings: RawConfig): string[] =>
  Object.entries(settings).flatMap(([key, value]) =>
    isRecord(value) ? saidOfAll(value) : [said(key, value)],
  );

/** A variant's name as that of a folder. */
export const variantFolder = (name: string): string => name.split(/[,=]/).map(fileName).join('-');
