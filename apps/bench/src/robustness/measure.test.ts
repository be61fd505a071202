import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { createUi } from '../cli/ui.ts';
import { readGroups } from '../compare/read-groups.ts';
import { captureIo } from '../testing/capture.ts';
import { bench, quietBench } from '../testing/run-bench.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { writeRun } from '../testing/written-run.ts';
import { measureRobustness } from './measure.ts';

const OPTIONS = { observationNoise: [0.5], actionNoise: [], episodes: 2, confidence: 0.95, seed: 0 };

/** Trains two runs for a moment. */
async function trained(root: string): Promise<string[]> {
  const folders = [0, 1].map((seed) => path.join(root, `${seed}`));
  for (const [seed, folder] of folders.entries()) {
    const flags =
      '--algo sac --env MultiGoal-v0 --steps 120 --warmup 100 --evaluate-every 60 --evaluation-episodes 1 --max-steps 10';
    const agent = ['--hidden', '8,8', '--batch-size', '16'];
    const { code, err } = await quietBench(
      'train',
      ...flags.split(' '),
      ...agent,
      '--seed',
      `${seed}`,
      '--out',
      folder,
    );
    expect([code, err]).toEqual([0, '']);
  }
  return folders;
}

const keptIn = async (folder: string) =>
  JSON.parse(await readFile(path.join(folder, 'robustness.json'), 'utf8'));

describe('measureRobustness', () => {
  it('keeps what it has played with a checkpoint, goes on after a signal, and plays what is new', async () => {
    const folders = await trained(await temporaryFolder());
    const { groups } = await readGroups(folders, {});
    const quiet = createUi(captureIo(), { json: true, quiet: true });
    const [first = '', second = ''] = folders;
    const listeners = process.listenerCount('SIGTERM');
    // A signal comes when the first run has been played.
    const interrupting = {
      ...quiet,
      progress: () => ({
        update: () => void process.emit('SIGTERM', 'SIGTERM'),
        clear: () => {},
        stop: () => {},
      }),
    };
    await expect(measureRobustness(groups, OPTIONS, interrupting)).rejects.toMatchObject({
      exitCode: 143,
      message: expect.stringContaining('1 of 2 runs played and kept; the report is written without it'),
    });
    expect(process.listenerCount('SIGTERM')).toBe(listeners);
    expect(await readdir(second)).not.toContain('robustness.json');
    const { checkpoint, played } = await keptIn(first);
    expect(played).toMatchObject([
      { observationNoise: 0, actionNoise: 0, episodes: 2, seed: 0 },
      { observationNoise: 0.5, actionNoise: 0 },
    ]);

    // What is kept isn't played again.
    const known = { ...played[0], deterministic: 1000, sampled: 3000 };
    await writeFile(
      path.join(first, 'robustness.json'),
      JSON.stringify({ checkpoint, played: [known, played[1]] }),
    );
    const {
      groups: [group],
    } = await measureRobustness(groups, { ...OPTIONS, actionNoise: [0.5] }, quiet);
    const other = (await keptIn(second)).played[0].deterministic;
    expect(
      group?.returns.map(({ observationNoise, actionNoise }) => [observationNoise, actionNoise]),
    ).toEqual([
      [0, 0],
      [0.5, 0],
      [0, 0.5],
    ]);
    expect(group?.returns[0]?.deterministic.estimate).toBeCloseTo((1000 + other) / 2, 9);
    expect((await keptIn(first)).played).toHaveLength(3);

    // With other episodes, or of another checkpoint, it is.
    const {
      groups: [longer],
    } = await measureRobustness(groups, { ...OPTIONS, episodes: 1 }, quiet);
    expect(longer?.returns[0]?.deterministic.estimate).toBeLessThan(900);
    await writeFile(
      path.join(first, 'robustness.json'),
      JSON.stringify({ checkpoint: 'another', played: [known] }),
    );
    const {
      groups: [anew],
    } = await measureRobustness(groups, OPTIONS, quiet);
    expect(anew?.returns[0]?.deterministic.estimate).toBeCloseTo((played[0].deterministic + other) / 2, 9);
  });

  it('leaves out a run whose policy is gone, and plays the others', async () => {
    const root = await temporaryFolder();
    const [first = '', second = ''] = await trained(root);
    await rm(path.join(second, 'checkpoints'), { recursive: true });
    const out = path.join(root, 'out');
    const flags = ['--observation-noise', '0.5', '--noise-episodes', '1', '--resamples', '400', '--json'];
    const compared = await bench('compare', first, second, '--out', out, ...flags);
    const remark = `${second}: not played with noise: the checkpoints of ${second} are missing`;
    expect([compared.code, compared.err]).toEqual([0, expect.stringContaining(`meow-bench: ${remark}`)]);
    expect(JSON.parse(compared.out).notPlayed).toMatchObject([{ folder: second }]);
    const page = await readFile(path.join(out, 'report.html'), 'utf8');
    expect(page).toContain('<small>1 of 2 seeds</small>');
    expect(page).toContain(`<li>${remark}`);
  });

  it('refuses a size that is there twice', async () => {
    expect(await bench('compare', 'runs', '--out', 'out', '--observation-noise', '0.05,0.05')).toMatchObject({
      code: 2,
      err: expect.stringContaining(
        '--observation-noise can\'t be "0.05,0.05". Give a list of different numbers above 0',
      ),
    });
  });

  it('begins when the report is written', async () => {
    const root = await temporaryFolder();
    await writeRun(path.join(root, 'runs', '1'), { seed: 1, means: [1, 2] });
    const out = path.join(root, 'out');
    const { code, err } = await bench(
      'compare',
      path.join(root, 'runs'),
      '--out',
      out,
      '--action-noise',
      '0.1',
    );
    // There is no policy to play with.
    expect([code, err]).toEqual([
      1,
      expect.stringContaining('no policy could be played with noise, and the report is written without it: '),
    ]);
    expect(await readdir(out)).toEqual(expect.arrayContaining(['curves.csv', 'report.html']));
  });
});
