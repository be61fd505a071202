import { defaultsOf, resolveConfig, resolveSettings } from '@meow-rl/learner/settings';
import { describe, expect, it } from 'vitest';

import { parseTrainSettings, trainSettings } from '../runs/train-settings.ts';
import { settingsIn } from '../cli/settings.ts';
import { algorithmNamed, ALGORITHMS, DEFAULT_ALGORITHM } from './index.ts';

/** Values of all kinds around the bounds of settings. */
const values: readonly unknown[] = [
  [-1e300, -1000, -20, -5, -1, -1e-300, 0, 1e-300, 1e-40, 1e-10, 1e-8, 1e-7, 0.5, 0.9999999, 0.99999999],
  [1, 1.5, 2, 8, 20, 1e10, 1e38, 1e39, 1e300, Number.NaN, Infinity, '1', null, true, 'latent', 'relu'],
  [[], [8], [8, 0], [1.5], [1e300], ['8'], [[8]]],
].flat();

const takes = (check: () => unknown): boolean => {
  try {
    check();
    return true;
  } catch {
    return false;
  }
};

describe.each(ALGORITHMS.map((algorithm) => [algorithm.name, algorithm] as const))(
  '%s',
  (name, algorithm) => {
    it.each(Object.keys(algorithm.settings))(
      'flags and files take the same values of %s as the agent',
      (key) => {
        const byFiles = (value: unknown) =>
          takes(() => parseTrainSettings({ algo: name, agent: { [key]: value } }, 'a.yaml'));
        // One by one: whether they contradict each other is another question.
        const byAgent = (value: unknown) =>
          takes(() => resolveSettings(name, algorithm.settings, { [key]: value }));
        // Some settings take nothing but words.
        const tried = [...values, algorithm.settings[key]?.default, 'no such word'];
        const taken = tried.filter(byFiles);
        expect(taken).toEqual(tried.filter(byAgent));
        expect(taken.length).toBeGreaterThan(0);
        expect(taken.length).toBeLessThan(tried.length - 5);
      },
    );

    it.each(Object.entries(algorithm.presets))('%s has settings that the agent takes', (_, { agent }) => {
      expect(resolveConfig(algorithm, agent)).toEqual({ ...defaultsOf(algorithm.settings), ...agent });
    });

    it('has settings whose conditions can be met', () => {
      const conditions = Object.entries(algorithm.settings).flatMap(([key, { onlyWith = {} }]) =>
        Object.entries(onlyWith).map(([other, values]) => ({ key, other, values })),
      );
      const unmet = conditions.filter(
        ({ other, values }) =>
          values.length === 0 || !values.every((value) => algorithm.settings[other]?.holds(value)),
      );
      expect(unmet).toEqual([]);
    });

    it('has the presets that it names', () => {
      const named = [algorithm.generalPreset, ...Object.values(algorithm.presetOfEnvironment)];
      expect(named.filter((preset) => !Object.hasOwn(algorithm.presets, preset))).toEqual([]);
    });
  },
);

it('the first algorithm is that of --algo left out', () => {
  expect(ALGORITHMS[0]?.name).toBe(DEFAULT_ALGORITHM);
  expect(parseTrainSettings({}, 'a.yaml').algo).toBe(DEFAULT_ALGORITHM);
});

it('an unknown algorithm gets the list and a suggestion', () => {
  expect(() => algorithmNamed('mewo')).toThrow('there is no algorithm mewo. Did you mean meow? Known: meow');
});

it('settings of one name are written alike by all algorithms, with flags that no other setting has', () => {
  const kinds = new Map<string, string>();
  for (const { settings, name } of ALGORITHMS)
    for (const [key, { kind }] of Object.entries(settings)) {
      expect(kinds.get(key) ?? kind, `${key} of ${name}`).toBe(kind);
      kinds.set(key, kind);
    }
  const others = new Set(settingsIn(trainSettings).flatMap(({ path }) => (path.length === 1 ? path : [])));
  expect([...kinds.keys()].filter((key) => others.has(key))).toEqual([]);
});
