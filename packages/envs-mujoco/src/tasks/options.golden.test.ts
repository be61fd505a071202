import { describe, expect, it } from 'vitest';

import { mujocoEnvs } from '../mujoco-envs.ts';
import { largestDifference, readGolden, type GoldenOptions } from '../testing/golden.ts';

const registry: Awaited<ReturnType<typeof mujocoEnvs>> = await mujocoEnvs();
const cases = Object.values(readGolden<GoldenOptions>('gymnasium-options.json')).map((golden) => ({
  id: golden.id,
  given: JSON.stringify(golden.options),
  golden,
}));

const camelCase = (name: string) => name.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());

/** Every number of `info`, by name. */
const numbers = (info: object) =>
  Object.entries(info).map(([name, value]: [string, unknown]) => ({
    name,
    value: typeof value === 'number' ? [value] : value instanceof Float64Array ? value : [Number.NaN],
  }));

const expectInfo = (info: object, wanted: GoldenOptions['resetInfo'], where: string) => {
  expect(Object.keys(info).toSorted(), where).toEqual(Object.keys(wanted).toSorted());
  for (const { name, value } of numbers(info)) {
    const expected = [wanted[name] ?? []].flat();
    expect(largestDifference(value, expected), `${name} ${where}`).toBeLessThan(1e-8);
  }
};

describe.each(cases)('$id with $given', ({ id, golden }) => {
  it('steps as Gymnasium does', () => {
    const spec = Object.entries(registry).find(([known]) => known === id)?.[1];
    const options = Object.entries(golden.options).map(([name, value]) => [camelCase(name), value]);
    const env = spec?.create(Object.fromEntries(options));
    if (!env) throw new Error(`There is no task ${id}.`);
    const { info: resetInfo } = env.reset({ options: { qpos: golden.qpos, qvel: golden.qvel } });
    expectInfo(resetInfo, golden.resetInfo, 'of the reset');
    for (const [i, expected] of golden.steps.entries()) {
      const { observation, reward, terminated, info } = env.step(expected.action);
      expect(largestDifference(observation, expected.obs), `observation of step ${i}`).toBeLessThan(1e-8);
      expect(Math.abs(reward - expected.reward), `reward of step ${i}`).toBeLessThan(1e-8);
      expect(terminated, `termination of step ${i}`).toBe(expected.terminated);
      expectInfo(info, expected.info, `of step ${i}`);
    }
    env.close();
  });
});
