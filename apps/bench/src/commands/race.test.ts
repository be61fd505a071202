import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { peerPython } from '../speed/peer-process.ts';
import { bench } from '../testing/run-bench.ts';
import { temporaryFolder } from '../testing/temporary.ts';

const FLAGS =
  '--env Pendulum-v1 --steps 60 --warmup 40 --evaluate-every 20 --evaluation-episodes 1 --returns 1'.split(
    ' ',
  );
const race = (out: string, ...flags: string[]) => bench('race', ...FLAGS, '--out', out, ...flags);

describe('race', () => {
  let out: string;
  beforeAll(async () => {
    out = path.join(await mkdtemp(path.join(tmpdir(), 'meow-bench-')), 'race');
  });
  afterAll(() => rm(path.dirname(out), { recursive: true }));

  it('trains contestants, and writes curves and a report', async () => {
    const twoSeeds = ['--contestants', 'td3', '--seeds', '2', '--cores', '2'];
    const { code, out: said, err } = await race(out, ...twoSeeds, '--json');
    expect([code, err]).toEqual([0, '']);
    const { contestants, failed, steps } = JSON.parse(said);
    expect([failed, steps]).toEqual([[], 60]);
    expect(contestants).toMatchObject([{ contestant: 'td3', seeds: 2, secondsTo: { 1: null } }]);
    const [header, ...lines] = (await readFile(path.join(out, 'curves.csv'), 'utf8')).trim().split('\n');
    expect(header).toBe('contestant,seed,step,updates,seconds,return');
    expect(lines.map((line) => line.split(',').slice(0, 4))).toEqual([
      ['td3', '0', '20', '0'],
      ['td3', '0', '40', '0'],
      ['td3', '0', '60', '20'],
      ['td3', '1', '20', '0'],
      ['td3', '1', '40', '0'],
      ['td3', '1', '60', '20'],
    ]);
    expect(await readFile(path.join(out, 'report.html'), 'utf8')).toContain('Race on Pendulum-v1');
    expect(JSON.parse(await readFile(path.join(out, 'td3/seed-0/config.json'), 'utf8'))).toMatchObject({
      warmup: 40,
      parallel: 'off',
      agent: { batchSize: 256, hidden: [256, 256] },
    });
  });

  it('does not run again what is finished', async () => {
    const summary = path.join(out, 'td3/seed-0/summary.json');
    const { mtimeMs } = await stat(summary);
    const { code, out: said } = await race(out, '--contestants', 'td3', '--seeds', '2');
    expect(code).toBe(0);
    expect(said).toContain(`2 runs in ${out}, 2 of them finished before`);
    expect((await stat(summary)).mtimeMs).toBe(mtimeMs);
  });

  it.each([
    ['other rules', ['--steps', '80'], 'holds a race with steps 60, and 80 is asked for'],
    [
      'an unknown name',
      ['--contestants', 'sb3-sca'],
      'there is no contestant sb3-sca. Did you mean sb3-sac?',
    ],
    [
      'an unknown task, also where peers are missing',
      ['--contestants', 'sb3-sac', '--env', 'Pendulm-v1'],
      'there is no environment Pendulm-v1. Did you mean Pendulum-v1?',
    ],
    ['one twice', ['--contestants', 'sac,sac'], 'contestant sac is named twice'],
    ['warm-up without end', ['--warmup', '60'], 'warmup 60 leaves nothing to learn in 60 steps'],
    ['no last evaluation', ['--evaluate-every', '25'], '60 steps are no multiple of evaluateEvery 25'],
    ['more threads than cores', ['--threads', '2', '--cores', '1'], 'each contestant takes 2 threads'],
  ])('refuses %s', async (_, flags, message) => {
    const { code, err } = await race(out, '--contestants', 'td3', ...flags);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it('leaves runs alone that no race has written', async () => {
    const runs = await temporaryFolder();
    await mkdir(path.join(runs, 'td3', 'seed-0'), { recursive: true });
    const { code, err } = await race(runs, '--contestants', 'td3');
    expect(code).toBe(2);
    expect(err).toContain(`${runs} holds no race, but td3/seed-0, which a race would replace`);
    expect(existsSync(path.join(runs, 'td3', 'seed-0'))).toBe(true);
  });

  it.skipIf(existsSync(peerPython))('says how contestants in Python are installed', async () => {
    const { code, err } = await race(path.join(out, 'peers'), '--contestants', 'td3,sb3-sac');
    expect(code).toBe(1);
    expect(err).toContain('the peers are not installed. Run npm run peers:setup');
    expect(err).toContain('--contestants meow,sac,td3');
  });
});
