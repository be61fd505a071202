import { expect, it } from 'vitest';

import { svgFile } from '../report/svg.ts';
import { raceResults, type RaceRun } from './curves.ts';
import { raceFigure } from './race-figure.ts';
import { racePage } from './race-page.ts';

const runs: RaceRun[] = ['meow', 'sb3-sac'].map((contestant, i) => ({
  contestant,
  seed: 0,
  versions: { [`library-${i}`]: '1.2' },
  points: [
    { step: 100, updates: 50, seconds: 2 * (i + 1), return: 10 },
    { step: 200, updates: 150, seconds: 4 * (i + 1), return: 100 * (2 - i) },
  ],
}));

it('shows curves, rates, times to returns, versions and what is missing', () => {
  const page = racePage({
    rules: {
      env: 'Task-v0',
      steps: 200,
      warmup: 50,
      evaluateEvery: 100,
      evaluationEpisodes: 3,
      threads: 2,
    },
    results: raceResults(runs),
    runs,
    returns: [90, 150],
    failed: [{ name: 'sbx-sac/seed-0', error: 'No module named <sbx>' }],
    command: 'meow-bench race --threads 2',
    machine: { processor: 'P', cores: 2, memoryGibibytes: 8, system: 'S', node: '20' },
  });
  const cells = [...page.matchAll(/<td class="\w+">([^<]*)<\/td>/g)].map(([, text]) => text);
  expect(cells.slice(0, 6)).toEqual(['meow', '50', '200', '4 s', '4 s', '4 s']);
  expect(cells.slice(6)).toEqual(['sb3-sac', '25', '100', '8 s', '8 s', '–']);
  expect(page).toContain('sb3-sac, 1 seed');
  expect(page).toContain('sbx-sac/seed-0 is missing: No module named &lt;sbx&gt;');
  expect(page).toContain('2 threads each');
  expect(page).toContain('sb3-sac: library-1 1.2.');
  expect(page.match(/<svg /g)).toHaveLength(2);
});

const svg = (axis: 'step' | 'seconds') => svgFile(raceFigure(raceResults(runs), axis, 'Task-v0'));

it('draws a figure as a file of its own, over steps or seconds', () => {
  expect(svg('step')).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" /);
  expect(svg('step')).toContain('environment steps: meow ending at 200, sb3-sac ending at 100');
  expect(svg('seconds')).toContain('seconds of training, without evaluations');
});
