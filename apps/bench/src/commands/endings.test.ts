import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { expect, test } from 'vitest';

import { temporaryFolder } from '../testing/temporary.ts';
import { TINY_AGENT, bench } from '../testing/run-bench.ts';

/** Pays 1 a step. Every second episode of an environment terminates in its step 2; the time limit truncates the others after 3. */
const endings = `
const box = (bound) => ({
  shape: [1], size: 1, low: Float64Array.of(-bound), high: Float64Array.of(bound),
  contains: () => true, sample: (_, out) => out, clip: (value) => value, validate: () => {},
});
export const make = () => {
  let [episodes, steps] = [0, 0];
  const observation = Float64Array.of(0);
  return {
    id: 'Endings-v0', observationSpace: box(1), actionSpace: box(1),
    reset: () => (episodes++, (steps = 0), { observation, info: {} }),
    step: () => (steps++, {
      observation, reward: 1, terminated: episodes % 2 === 0 && steps === 2, truncated: false, info: {},
    }),
    close: () => {},
  };
};
export default { create: make, maxSteps: 3 };
`;

const expectedTable = (actions: string) => [
  `episode ${actions} return length end`,
  ' 1 3.00 3 truncated',
  ' 2 2.00 2 terminated',
  ' 3 3.00 3 truncated',
  '',
  'environment Endings-v0',
  'trained for 120 steps',
  `${actions} return 2.67 ± 0.47 (mean and standard deviation of 3 episodes)`,
  'ends 1 terminated, 2 truncated',
  '',
];

test('every output says how episodes ended and how their actions were chosen', async () => {
  const folder = await temporaryFolder();
  const file = path.join(folder, 'endings.mjs');
  await writeFile(file, endings);
  const run = path.join(folder, 'run');
  const small = [...TINY_AGENT, '--warmup', '60', '--steps', '120'];
  const trained = await bench('train', '--env', file, ...small, '--evaluate-every', '120', '--out', run);
  const lines = trained.out.replaceAll(/ +/g, ' ').split('\n');
  expect(lines).toContain('evaluated at step 120, 10 episodes');
  expect(lines).toContain('deterministic return 2.5 ± 0.5 (5 terminated, 5 truncated)');
  expect(lines).toContain('sampled return 2.5 ± 0.5 (5 terminated, 5 truncated)');
  expect(trained.err).toMatch(/training 120\/120 \(100%\), .* steps\/s, sampled return [23]\.0\n/);

  const ten = { episodes: 10, mean: 2.5, standardDeviation: 0.5, ends: { terminated: 5, truncated: 5 } };
  const { evaluation } = JSON.parse(await readFile(path.join(run, 'summary.json'), 'utf8'));
  expect(evaluation).toEqual({
    step: 120,
    actions: 'deterministic',
    ...ten,
    stochastic: { actions: 'sampled', ...ten },
  });
  const logged = (await readFile(path.join(run, 'metrics.jsonl'), 'utf8')).split('\n');
  const event = JSON.parse(logged.find((line) => line.includes('"evaluation"')) ?? '');
  const terminated = [false, true, false, true, false, true, false, true, false, true];
  expect(event).toMatchObject({
    actions: 'deterministic',
    terminated,
    stochastic: { actions: 'sampled', terminated },
  });

  const evaluated = await bench('eval', run, '--episodes', '3');
  expect(evaluated.out.replaceAll(/ +/g, ' ').split('\n')).toEqual(expectedTable('deterministic'));
  const sampled = await bench('eval', run, '--episodes', '3', '--stochastic');
  expect(sampled.out.replaceAll(/ +/g, ' ').split('\n')).toEqual(expectedTable('sampled'));
  const { out } = await bench('eval', run, '--episodes', '3', '--json');
  expect(JSON.parse(out)).toMatchObject({
    actions: 'deterministic',
    returns: [3, 2, 3],
    terminated: [false, true, false],
  });
});

test('a run whose log is from before that is reported without it', async () => {
  const folder = await temporaryFolder();
  const file = path.join(folder, 'endings.mjs');
  // This one gives its state, so that its run can go on.
  await writeFile(
    file,
    endings.replace(
      'close: () => {},',
      `close: () => {},
    state: () => ({ of: 'Endings-v0', own: {} }), restore: () => {},`,
    ),
  );
  const run = path.join(folder, 'run');
  const small = [...TINY_AGENT, '--warmup', '60', '--steps', '140'];
  const every = ['--evaluate-every', '100', '--checkpoint-every', '120', '--deterministic-only'];
  expect(await bench('train', '--env', file, ...small, ...every, '--out', run)).toMatchObject({ code: 0 });
  const log = path.join(run, 'metrics.jsonl');
  // Of the same length: checkpoints know how far the log went.
  const old = (await readFile(log, 'utf8'))
    .split('\n')
    .map((line) => (line.includes('"evaluation"') ? line.replace('"terminated"', '"unrecorded"') : line));
  await writeFile(log, old.join('\n'));
  const resumed = await bench('train', '--resume', run, '--from', '120');
  expect(resumed.code).toBe(0);
  expect(resumed.out).toMatch(/deterministic return +2\.5 ± 0\.5 \(endings unknown\)/);
  const { evaluation } = JSON.parse(await readFile(path.join(run, 'summary.json'), 'utf8'));
  expect(evaluation).toEqual({
    step: 100,
    actions: 'deterministic',
    episodes: 10,
    mean: 2.5,
    standardDeviation: 0.5,
  });
});
