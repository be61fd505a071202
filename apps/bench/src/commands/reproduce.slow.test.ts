import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { bench } from '../testing/run-bench.ts';
import { temporaryFolder } from '../testing/temporary.ts';

const pendulum = (out: string, ...flags: readonly string[]) =>
  bench(
    ...'reproduce fig2 --environments Pendulum-v1 --algorithms sac --seeds 2 --steps 400 --budget 1h --cores 2'.split(
      ' ',
    ),
    ...'--observation-noise 0.5 --action-noise 0.5 --noise-episodes 1 --resamples 400 --out'.split(' '),
    out,
    ...flags,
  );

describe('reproduce', () => {
  it(
    'measures, says what it runs, runs it and writes a report; called again, it goes on',
    { timeout: 300_000 },
    async () => {
      const out = join(await temporaryFolder(), 'figure');
      const { code, out: text, err } = await pendulum(out);
      expect([code, err.split('\n').filter((line) => line.startsWith('meow-bench:'))]).toEqual([0, []]);
      const measuring = text.indexOf('Measuring on Pendulum-v1');
      const announced = text.indexOf('2 runs on 2 cores: about');
      const written = text.indexOf(`Written: ${join(out, 'report.html')}, ${join(out, 'curves.csv')}`);
      expect(measuring).toBeGreaterThanOrEqual(0);
      expect(announced).toBeGreaterThan(measuring);
      expect(written).toBeGreaterThan(announced);
      expect(text).toMatch(/Pendulum-v1 +sac +2 +400 +40 /);
      // What was measured is gone.
      expect((await readdir(out)).toSorted()).toEqual([
        'Pendulum-v1',
        'curves.csv',
        'plan.json',
        'report.html',
      ]);

      const page = await readFile(join(out, 'report.html'), 'utf8');
      expect(page).toContain('Robustness of the final policies');
      expect(page).toContain('observation noise 0.5');
      expect(page).toContain('meow-bench reproduce fig2 --budget 1h');
      expect(page).toContain('Sampled return, interquartile mean');
      const curves = (await readFile(join(out, 'curves.csv'), 'utf8')).trimEnd().split('\n');
      expect(curves).toHaveLength(1 + 2 * 10);
      expect(curves[1]).toMatch(/^Pendulum-v1,sac,0,40,-\d+\.\d+,-\d+\.\d+,\d+(\.\d+)?$/);

      const again = await pendulum(out);
      expect([again.code, again.out]).toEqual([0, expect.stringContaining(`Going on with ${out}`)]);
      expect(again.out).not.toContain('Measuring');
      expect((await readFile(join(out, 'curves.csv'), 'utf8')).trimEnd().split('\n')).toEqual(curves);

      const run = join(out, 'Pendulum-v1', 'sac', 'seed-1');
      await Promise.all(
        ['checkpoints', 'robustness.json'].map((name) => rm(join(run, name), { recursive: true })),
      );
      const told = await pendulum(out, '--json');
      expect(JSON.parse(told.out)).toMatchObject({ notPlayed: [{ folder: run }], trials: [{}, {}] });

      expect(await pendulum(out, '--seeds', '3')).toMatchObject({
        code: 2,
        err: expect.stringContaining('Give the same flags to go on with it, or another folder with --out.'),
      });
    },
  );

  it(
    'plans with what evaluations take, and leaves nothing of what it has measured',
    { timeout: 300_000 },
    async () => {
      const root = await temporaryFolder();
      const out = join(root, 'figure');
      const { code, out: text } = await bench(
        'reproduce',
        'fig1',
        '--budget',
        '8h',
        '--dry-run',
        '--json',
        '--out',
        out,
      );
      expect(code).toBe(0);
      const { costs, plan } = JSON.parse(text);
      expect(plan.arms[0]).toMatchObject({ environment: 'MultiGoal-v0', steps: 37_000 });
      // At most 200 steps of five episodes at once: milliseconds, also on a busy machine.
      expect(costs[0].episodeSeconds).toBeGreaterThan(1e-4);
      expect(costs[0].episodeSeconds).toBeLessThan(0.2);
      expect(await readdir(root)).toEqual([]);
    },
  );
});
