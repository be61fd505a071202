import { describe, expect, expectTypeOf, it } from 'vitest';

import {
  batchSize,
  between,
  count,
  integer,
  fromBelow,
  gamma,
  hasEffect,
  number,
  oneOf,
  resolveConfig,
  resolveSettings,
  toggle,
  widths,
} from './index.ts';
import type { SettingsOf } from './index.ts';

const source = 'the test';
const table = {
  gamma: gamma({ default: 0.99, source }),
  batchSize: batchSize({ default: 256, source }),
  rate: number(between(1e-3, 1), { default: 0.1, source, description: 'a rate', remedy: 'Lower it.' }),
  dropout: number(fromBelow(0, 1), { default: 0, source, description: 'a share' }),
  layers: count({ default: 4, source, description: 'layers' }),
  particles: integer(between(2, 64), { default: 8, source, description: 'particles' }),
  hidden: widths({ default: [64, 64], source, description: 'hidden layers' }),
  shifts: oneOf([0, 1, 2], { default: 2, source, description: 'reward shifts' }),
  mode: oneOf(['fast', 'slow'], { default: 'fast', source, description: 'how' }),
  clip: toggle({ default: false, source, description: 'whether to clip' }),
  limit: number(between(0, 9), {
    default: 1,
    formerly: 0,
    source,
    description: 'how much',
    onlyWith: { clip: [true], mode: ['slow', 'fast'] },
  }),
};
const resolve = (given: object) => resolveSettings('test', table, given);

describe('resolveSettings', () => {
  it('fills in defaults, and has the types of the table', () => {
    const settings = resolveSettings('test', table, { rate: 0.5, mode: 'slow' });
    expect(settings).toEqual({
      gamma: 0.99,
      batchSize: 256,
      rate: 0.5,
      dropout: 0,
      layers: 4,
      particles: 8,
      hidden: [64, 64],
      shifts: 2,
      mode: 'slow',
      clip: false,
      limit: 1,
    });
    expectTypeOf(settings.shifts).toEqualTypeOf<0 | 1 | 2>();
    expectTypeOf<SettingsOf<typeof table>['hidden']>().toEqualTypeOf<readonly number[]>();
  });

  it.each([
    [{ rates: 1 }, /^test: unknown option rates\. Known: gamma, batchSize, rate, /],
    [{ rate: 2 }, 'test: rate must be a number from 0.001 to 1, got 2. Lower it.'],
    [{ rate: Number.NaN }, 'test: rate must be a number from 0.001 to 1, got NaN. Lower it.'],
    [{ rate: '0.1' }, 'test: rate must be a number from 0.001 to 1, got "0.1". Lower it.'],
    [{ dropout: 1 }, 'test: dropout must be a number of at least 0 and below 1, got 1.'],
    [{ particles: 1 }, 'test: particles must be a whole number from 2 to 64, got 1.'],
    [{ particles: 65 }, 'test: particles must be a whole number from 2 to 64, got 65.'],
    [{ particles: 2.5 }, 'test: particles must be a whole number from 2 to 64, got 2.5.'],
    [{ gamma: 0.99999999 }, 'test: gamma must be a number from 0 to 0.9999999, or 1, got 0.99999999.'],
    [{ layers: 0 }, 'test: layers must be a positive integer, got 0.'],
    [{ layers: 1.5 }, 'test: layers must be a positive integer, got 1.5.'],
    [{ hidden: [] }, 'test: hidden must be a list of positive integers such as 64,64, got [].'],
    [{ hidden: [64, 0] }, 'test: hidden must be a list of positive integers such as 64,64, got [64,0].'],
    [{ shifts: 3 }, 'test: shifts must be one of 0, 1, 2, got 3.'],
    [{ mode: 'other' }, 'test: mode must be one of fast, slow, got "other".'],
    [{ clip: 1 }, 'test: clip must be true or false, got 1.'],
  ])('refuses %j', (given, message) => {
    expect(() => resolve(given)).toThrow(RangeError);
    expect(() => resolve(given)).toThrow(message);
  });

  it.each([{ rate: 1e-3 }, { rate: 1 }, { dropout: 0.999 }, { gamma: 1 }, { gamma: 0 }])(
    'takes %j',
    (given) => {
      expect(resolve(given)).toMatchObject(given);
    },
  );
});

describe('resolveConfig', () => {
  const rules = {
    name: 'test',
    settings: table,
    check: ({ rate, dropout }: { rate: number; dropout: number }) => {
      if (rate < dropout) throw new RangeError('test: rate is less than dropout.');
    },
  };

  it('refuses what has no effect beside the other settings, unless nobody need have set it', () => {
    expect(() => resolveConfig(rules, { limit: 2 })).toThrow(
      new RangeError('test: limit 2 has no effect with clip false. Leave it out, or set clip to true.'),
    );
    // The default, and what agents had that were saved without the setting.
    for (const limit of [1, 0]) expect(resolveConfig(rules, { limit })).toMatchObject({ limit, clip: false });
    expect(resolveConfig(rules, { limit: 2, clip: true })).toMatchObject({ limit: 2 });
    expect(hasEffect(table, 'limit', resolveConfig(rules, { clip: true }))).toBe(true);
    expect(hasEffect(table, 'limit', resolveConfig(rules))).toBe(false);
    expect(hasEffect(table, 'rate', resolveConfig(rules))).toBe(true);
  });

  it('checks settings against each other when each is as it must be', () => {
    expect(() => resolveConfig(rules, { dropout: 0.5 })).toThrow('test: rate is less than dropout.');
    expect(() => resolveConfig(rules, { dropout: 2 })).toThrow('test: dropout must be');
    expect(resolveConfig(rules, { dropout: 0.05 })).toMatchObject({ rate: 0.1, dropout: 0.05 });
  });
});
