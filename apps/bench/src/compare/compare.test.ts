import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';

import { main } from '../cli/main.ts';
import { captureIo } from '../testing/capture.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { writeRun } from '../testing/written-run.ts';
import { readRun } from './read-run.ts';

async function compare(...argv: string[]) {
  const io = captureIo();
  const code = await main(['compare', ...argv], io);
  return { code, out: io.out(), err: io.err() };
}

async function compareJson(...argv: string[]) {
  const { out, err } = await compare('--json', ...argv);
  return { result: JSON.parse(out), err };
}

/** The bands of a figure. */
const bands = (svg = ''): readonly string[] =>
  [...svg.matchAll(/aria-label="area"(?: \/>|>.*?<\/g>)/gs)].map(([area]) => area);

const countBands = (svgs: readonly string[]) =>
  svgs.map((svg) => (bands(svg).join('').match(/ d="M/g) ?? []).length);

/** What the command line ends with when it can't write. */
const failed = (cause: string) => ({
  code: 1,
  err: `meow-bench: ${cause}. Give another folder with --out.\n`,
});

describe('compare', () => {
  it('reports the seeds of each algorithm, by the last evaluations', async () => {
    const root = await temporaryFolder();
    for (const [seed, end] of [1, 2, 3, 10].entries()) {
      await writeRun(join(root, 'meow', `${seed}`), { seed, means: [99, end - 1, end] });
      await writeRun(join(root, 'sac', `${seed}`), { algo: 'sac', seed, means: [0, 2, 2.5] });
    }
    const { result, err } = await compareJson(root, '--last', '2');
    expect(err).toBe('');
    const [{ environment, groups, improvements }] = result.environments;
    expect(environment).toBe('Task-v0');
    expect(groups[0]).toMatchObject({
      label: 'meow',
      seeds: [0, 1, 2, 3],
      steps: [300, 300],
      final: { mean: 4, standardDeviation: Math.sqrt((9 + 4 + 1 + 36) / 3) },
      iqm: { estimate: 2.5, low: 1, high: 10 },
      lastAverage: { mean: 3.5 },
      seconds: 90,
    });
    expect(groups[1]).toMatchObject({ label: 'sac', iqm: { estimate: 2.5, low: 2.5, high: 2.5 } });
    expect(groups[0].curve.map(({ step, seeds }: { step: number; seeds: number }) => [step, seeds])).toEqual([
      [100, 4],
      [200, 4],
      [300, 4],
    ]);
    expect(improvements).toEqual([
      { x: 'meow', y: 'sac', probability: { estimate: 0.5, low: expect.any(Number), high: 1 } },
    ]);
    expect(result.overall).toEqual([]);
  });

  it('prints a table per environment, and averages over environments', async () => {
    const root = await temporaryFolder();
    for (const env of ['A-v0', 'B-v0'])
      for (const seed of [1, 2]) {
        await writeRun(join(root, env, 'meow', `${seed}`), { env, seed, means: [5, 10 * seed] });
        const worse = env === 'A-v0' ? 0 : 15;
        await writeRun(join(root, env, 'sac', `${seed}`), { env, algo: 'sac', seed, means: [worse] });
      }
    const { code, out, err } = await compare(root);
    expect(code).toBe(0);
    expect(err).toBe(
      ['A-v0', 'B-v0']
        .map(
          (env) =>
            `meow-bench: ${env}: the last evaluations are at steps 100 to 200; --until 100 compares all there\n`,
        )
        .join(''),
    );
    expect(out.replace(/ +/g, ' ')).toBe(
      [
        'A-v0, deterministic returns',
        'algorithm seeds steps final return 95% interval, t IQM 95% interval, bootstrap last 10 wall time',
        'meow 2 200 15.0 ± 7.1 -48.5 to 78.5 15.0 two seeds: no interval 10.0 ± 3.5 1m30s',
        'sac 2 100 0.0 ± 0.0 0.0 to 0.0 0.0 two seeds: no interval 0.0 ± 0.0 1m30s',
        '',
        'probability of improvement P 95% interval',
        'meow > sac 1.00 two seeds a side: no interval',
        '',
        'B-v0, deterministic returns',
        'algorithm seeds steps final return 95% interval, t IQM 95% interval, bootstrap last 10 wall time',
        'meow 2 200 15.0 ± 7.1 -48.5 to 78.5 15.0 two seeds: no interval 10.0 ± 3.5 1m30s',
        'sac 2 100 15.0 ± 0.0 15.0 to 15.0 15.0 two seeds: no interval 15.0 ± 0.0 1m30s',
        '',
        'probability of improvement P 95% interval',
        'meow > sac 0.50 two seeds a side: no interval',
        '',
        'Probability of improvement, averaged over environments',
        'pair P 95% interval environments',
        'meow > sac 0.75 0.50 to 1.00 A-v0, B-v0',
        '',
        '± is the sample standard deviation over seeds, divided by n − 1.',
        '',
        "Bootstrap intervals of fewer than about 5 seeds are too narrow; Student's t is the safer one there.",
        '',
      ].join('\n'),
    );
  });

  it('compares at an earlier step', async () => {
    const root = await temporaryFolder();
    await writeRun(join(root, '1'), { seed: 1, means: [1, 20, 300] });
    await writeRun(join(root, '2'), { seed: 2, means: [3, 40] });
    const { result, err } = await compareJson(root, '--until', '250');
    expect(err).toBe('');
    expect(result.environments[0].groups[0]).toMatchObject({
      steps: [200, 200],
      final: { mean: 30 },
      // The first up to its second evaluation, the second to its end.
      seconds: (2 + 90) / 2,
    });
    expect((await compareJson(root, '--until', '250')).result.environments[0].groups[0].curve).toHaveLength(
      2,
    );
    expect(await compare(root, '--until', '50')).toMatchObject({
      code: 1,
      err: expect.stringContaining('no evaluation up to step 50'),
    });
  });

  it('counts an evaluation exactly at --until, and the one after it no more', async () => {
    const root = await temporaryFolder();
    await writeRun(join(root, '1'), { seed: 1, means: [1, 20, 300] });
    const at = async (until: string, last: string) => {
      const { result } = await compareJson(root, '--until', until, '--last', last);
      const [{ steps, final, lastAverage, seconds }] = result.environments[0].groups;
      return { step: steps[1], final: final.mean, average: lastAverage.mean, seconds };
    };
    expect(await at('199', '1')).toEqual({ step: 100, final: 1, average: 1, seconds: 1 });
    expect(await at('200', '1')).toEqual({ step: 200, final: 20, average: 20, seconds: 2 });
    // As many as there are, and one fewer.
    expect(await at('299', '2')).toEqual({ step: 200, final: 20, average: 10.5, seconds: 2 });
    // All of it is there: the time is the summary's.
    expect(await at('300', '2')).toEqual({ step: 300, final: 300, average: 160, seconds: 90 });
    expect(await at('300', '3')).toMatchObject({ average: 107 });
    expect(await at('300', '4')).toMatchObject({ average: 107 });
    expect(await compare(root, '--until', '99')).toMatchObject({ code: 1 });
  });

  it('labels groups by what their settings differ in', async () => {
    const root = await temporaryFolder();
    const means = [1];
    await writeRun(join(root, 'a'), {
      seed: 1,
      means,
      settings: { preset: 'p', agent: { alpha: 0.1, tau: 1 }, threads: 1 },
    });
    await writeRun(join(root, 'b'), {
      seed: 2,
      means,
      settings: { preset: 'p', agent: { alpha: 0.1, tau: 1 }, threads: 2 },
    });
    await writeRun(join(root, 'c'), {
      seed: 1,
      means,
      settings: { preset: 'p', agent: { alpha: 0.2, tau: 1 } },
    });
    const labels = async () =>
      (await compareJson(root)).result.environments[0].groups.map(
        ({ label, seeds }: { label: string; seeds: number[] }) => `${label}: ${seeds.join(' ')}`,
      );
    expect(await labels()).toEqual(['meow (p, alpha=0.1): 1 2', 'meow (p, alpha=0.2): 1']);
    await writeRun(join(root, 'c'), { seed: 1, means, settings: { preset: 'other', agent: { alpha: 0.2 } } });
    expect(await labels()).toEqual(['meow (other): 1', 'meow (p): 1 2']);
  });

  it('groups runs that differ only in what cannot change their numbers', async () => {
    const root = await temporaryFolder();
    const incidental = [
      {},
      { workers: 2 },
      { noTensorboard: true },
      { deterministicOnly: true },
      { checkpointEvery: 7 },
      { keepCheckpoints: 9 },
      { logEvery: 3 },
      // Of a version that has this setting, at its default.
      { learnerThreads: 0 },
      { agent: { shifts: 2 } },
    ];
    for (const [i, settings] of incidental.entries())
      await writeRun(join(root, `${i}`), { seed: i, means: [1], settings });
    const { result } = await compareJson(root);
    expect(result.environments[0].groups.map(({ seeds }: { seeds: number[] }) => seeds)).toEqual([
      incidental.map((_, i) => i),
    ]);
  });

  it('takes a setting that a run has no record of for what agents computed with before it was there', async () => {
    const root = await temporaryFolder();
    const form = { coordinates: 'action', couplingBound: 0, uniformShare: 0 };
    const exact = { coordinates: 'latent', couplingBound: 1.5, uniformShare: 1e-5 };
    for (const [i, agent] of [{}, form, exact].entries())
      await writeRun(join(root, `${i}`), { seed: i, means: [1], settings: { agent }, isOld: true });
    const { result } = await compareJson(root);
    const { groups } = result.environments[0];
    expect(groups.map(({ seeds }: { seeds: number[] }) => seeds)).toEqual([[2], [0, 1]]);
  });

  it('compares returns with sampled actions', async () => {
    const root = await temporaryFolder();
    const sampled = { type: 'evaluation', step: 1000, mean: 9, stochastic: { mean: 4 } };
    await writeRun(join(root, '1'), { seed: 1, means: [], tail: `${JSON.stringify(sampled)}\n` });
    await writeRun(join(root, '2'), { seed: 2, means: [1] });
    const { result, err } = await compareJson(root, '--stochastic');
    expect(result.actions).toBe('sampled');
    expect(result.environments[0].groups[0]).toMatchObject({ seeds: [1], final: { mean: 4 } });
    expect(err).toContain('line 1 of metrics.jsonl has no returns with sampled actions');
  });

  it('says what is unfinished, torn or left out', async () => {
    const root = await temporaryFolder();
    await writeRun(join(root, '1'), { seed: 1, means: [1, 2, 3] });
    await writeRun(join(root, '2'), { seed: 2, means: [4], finished: false, tail: '{"type":"eval' });
    await writeRun(join(root, '3'), { seed: 3, means: [], finished: false });
    await writeRun(join(root, '4'), { seed: 1, means: [1] });
    await writeRun(join(root, '5'), { seed: 5, means: [1], tail: 'no json\n' });
    await writeRun(join(root, '6'), { seed: 6, means: [Number.NaN], tail: '' });
    await mkdir(join(root, '7'));
    await writeFile(join(root, '7', 'metrics.jsonl'), '');
    const { result, err } = await compareJson(root);
    expect(result.environments[0].groups[0].seeds).toEqual([1, 2]);
    expect(err.replaceAll(root, '').split('\n')).toEqual([
      'meow-bench: /2: the last line of metrics.jsonl is cut off and was passed over',
      'meow-bench: /2: not finished: at step 100 of 1000',
      'meow-bench: Task-v0: the last evaluations are at steps 100 to 300; --until 100 compares all there',
      'meow-bench: left out /3: no evaluation yet, at step 0 of 1000',
      'meow-bench: left out /5: line 2 of metrics.jsonl is damaged: it is no JSON',
      expect.stringMatching(/^meow-bench: left out \/6: line 1 of metrics.jsonl: mean: .*expected number/),
      'meow-bench: left out /7: there is no config.json',
      'meow-bench: left out /4: same settings and seed 1 as /1',
      '',
    ]);
    expect(await compare(join(root, '3'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('none of the runs can be compared: '),
    });
  });

  it('writes learning curves that stand alone, and the tables', async () => {
    const root = await temporaryFolder();
    await writeRun(join(root, 'runs', '1'), { seed: 1, means: [1, 5] });
    await writeRun(join(root, 'runs', '2'), { seed: 2, means: [1], finished: false });
    const out = join(root, 'comparison');
    expect(await compare(join(root, 'runs'), '--out', out)).toMatchObject({ code: 0 });
    expect((await readdir(out)).toSorted()).toEqual([
      'Task-v0.svg',
      'compare.md',
      'curves.csv',
      'report.html',
    ]);
    expect(await readFile(join(out, 'curves.csv'), 'utf8')).toBe(
      'environment,algorithm,seed,step,deterministic,sampled,seconds\n' +
        'Task-v0,meow,1,100,1,,1\nTask-v0,meow,1,200,5,,2\nTask-v0,meow,2,100,1,,1\n',
    );
    const svg = await readFile(join(out, 'Task-v0.svg'), 'utf8');
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" /);
    expect(svg).toContain('meow, 2 seeds');
    expect(svg).toContain('deterministic return: IQM over seeds');
    expect(svg).toContain('environment steps');
    expect(svg).toContain('stroke-dasharray');
    const page = await readFile(join(out, 'compare.md'), 'utf8');
    expect(page).toContain('![Learning curves](Task-v0.svg)');
    expect(page).toContain('Task-v0, deterministic returns\n');
    expect(page).toContain('95% interval');
  });

  it('says that there is no interval where there is one seed', async () => {
    const root = await temporaryFolder();
    for (const env of ['A-v0', 'B-v0']) {
      await writeRun(join(root, env, 'meow'), { env, seed: 1, means: [1, 2] });
      await writeRun(join(root, env, 'sac'), { env, algo: 'sac', seed: 1, means: [3, 4] });
    }
    for (const seed of [2, 3])
      await writeRun(join(root, 'B-v0', `${seed}`), { env: 'B-v0', algo: 'sac', seed, means: [1, seed - 1] });
    const out = join(root, 'comparison');
    const { out: tables } = await compare(root, '--out', out);
    const lines = tables.replaceAll(/ +/g, ' ').split('\n');
    expect(lines).toContain('meow 1 200 2.0 – 2.0 one seed: no interval 1.5 1m30s');
    expect(lines.filter((line) => line.startsWith('meow > sac'))).toEqual([
      'meow > sac 0.00 one seed a side: no interval',
      'meow > sac 0.50 one seed of meow: no interval',
      'meow > sac 0.25 one seed somewhere: no interval A-v0, B-v0',
    ]);
    const tablesFile = await readFile(join(out, 'compare.md'), 'utf8');
    expect(tablesFile).toContain('one seed a side: no interval');
    expect(tablesFile).toContain('fewer than about 5 seeds are too narrow');
    const page = parseHTML(await readFile(join(out, 'report.html'), 'utf8')).document.body.textContent ?? '';
    expect(page.replaceAll(/\s+/g, ' ')).toContain('fewer than about 5 seeds are too narrow');
    expect(page).toContain('one seed a side');
    expect(page).toContain('one seed of meow');
    const [first, second] = await Promise.all(
      ['A-v0.svg', 'B-v0.svg'].map((name) => readFile(join(out, name), 'utf8')),
    );
    for (const svg of [first, second]) expect(svg).not.toMatch(/NaN|null|undefined/);
    expect(first).toContain('meow, 1 seed: no interval');
    expect(second).toContain('sac, 3 seeds');
    // The band of the three seeds alone.
    expect(bands(first).join('')).not.toContain(' d="M');
    expect(bands(second).join('').match(/ d="M/g)).toHaveLength(1);

    const { result } = await compareJson(root);
    const [{ groups, improvements }] = result.environments;
    expect(groups[0].iqm).toEqual({ estimate: 2, low: null, high: null });
    expect(groups[0].curve).toEqual([
      { step: 100, seeds: 1, estimate: 1, low: null, high: null },
      { step: 200, seeds: 1, estimate: 2, low: null, high: null },
    ]);
    expect(improvements[0].probability).toEqual({ estimate: 0, low: null, high: null });
    expect(result.overall[0].probability).toEqual({ estimate: 0.25, low: null, high: null });
  });

  it('draws bands of at least three seeds, whichever interval they are', async () => {
    const root = await temporaryFolder();
    for (const seed of [1, 2])
      await writeRun(join(root, 'runs', `${seed}`), { seed, means: [seed, 5 * seed] });
    const figures = async () => {
      const out = join(root, 'comparison');
      await compare(join(root, 'runs'), '--out', out);
      const page = await readFile(join(out, 'report.html'), 'utf8');
      const svgs = page.match(/<svg.*?<\/svg>/gs)?.slice(0, 2) ?? [];
      return [await readFile(join(out, 'Task-v0.svg'), 'utf8'), ...svgs];
    };
    expect(countBands(await figures())).toEqual([0, 0, 0]);
    await writeRun(join(root, 'runs', '3'), { seed: 3, means: [3, 4] });
    expect(countBands(await figures())).toEqual([1, 1, 1]);
  });

  it('says also outside of reports that the last evaluation is of an earlier policy than the final one', async () => {
    const root = await temporaryFolder();
    await writeRun(join(root, 'runs', '1'), {
      seed: 1,
      means: [1, 2],
      settings: { steps: 250 },
      tail: '{"type":"metrics","step":250}\n',
    });
    const remark =
      'meow on Task-v0: the last evaluation, at step 200, is not of the final policy, at step 250';
    const { err } = await compare(join(root, 'runs'), '--out', join(root, 'out'));
    expect(err).toContain(remark);
    expect(await readFile(join(root, 'out', 'compare.md'), 'utf8')).toContain(remark);
  });

  it('refuses resamples that are too few for the ends of an interval', async () => {
    const root = await temporaryFolder();
    for (const seed of [1, 2, 3]) await writeRun(join(root, `${seed}`), { seed, means: [seed] });
    expect(await compare(root, '--resamples', '399')).toEqual({
      code: 2,
      out: '',
      err: 'meow-bench: 399 resamples are too few for the ends of an interval that covers 0.95. Give at least --resamples 400.\n',
    });
    for (const flags of [
      ['--resamples', '400'],
      ['--confidence', '0.999'],
      ['--resamples', '40', '--confidence', '0.5'],
    ])
      expect(await compare(root, ...flags)).toMatchObject({ code: 0, err: '' });
    expect(await compare(root, '--confidence', '0.9999')).toMatchObject({
      err: expect.stringContaining('Give at least --resamples 200000.'),
    });
  });

  it('has times of the seeds that recorded them', async () => {
    const root = await temporaryFolder();
    const curves = join(root, 'curves.csv');
    const rows = [
      'A-v0,meow,1,100,5,,',
      'A-v0,meow,2,100,5,,50',
      'A-v0,meow,3,100,5,,30',
      'A-v0,sac,1,100,5,,',
    ];
    await writeFile(
      curves,
      `environment,algorithm,seed,step,deterministic,sampled,seconds\n${rows.join('\n')}\n`,
    );
    const { result } = await compareJson(curves);
    const [meow, sac] = result.environments[0].groups;
    expect(meow).toMatchObject({ timedSeeds: 2, seconds: 40, stepsPerSecond: (100 / 50 + 100 / 30) / 2 });
    expect(sac).toMatchObject({ timedSeeds: 0, seconds: null, stepsPerSecond: null });
    const out = join(root, 'comparison');
    const lines = (await compare(curves, '--out', out)).out.split('\n');
    expect(lines.find((line) => line.startsWith('meow '))).toMatch(/ 40s of 2 seeds$/);
    expect(lines.find((line) => line.startsWith('sac '))).toMatch(/ –$/);
    const { document } = parseHTML(await readFile(join(out, 'report.html'), 'utf8'));
    const time = [...document.querySelectorAll('.card')].find(
      (card) => card.querySelector('h2')?.textContent === 'Time',
    );
    const cells = [...(time?.querySelectorAll('td') ?? [])].map((cell) => cell.textContent?.trim());
    expect(cells).toEqual(['meow', '40 s of 2 seeds', '2.67', 'sac', '–', '–']);
  });

  it('refuses noise without a report to show it in', async () => {
    const root = await temporaryFolder();
    await writeRun(root, { seed: 1, means: [1] });
    for (const flag of ['--observation-noise', '--action-noise'])
      expect(await compare(root, flag, '0.1')).toEqual({
        code: 2,
        out: '',
        err: 'meow-bench: returns with noise, of --observation-noise and --action-noise, stand in the report alone. Give a folder for it with --out.\n',
      });
  });

  it('says why it cannot write, before it has changed anything', async () => {
    const root = await temporaryFolder();
    await writeRun(join(root, 'runs'), { seed: 1, means: [1] });
    const file = join(root, 'file');
    await writeFile(file, 'mine');
    expect(await compare(join(root, 'runs'), '--out', file)).toMatchObject(
      failed(`can't write to ${file}: a file of that name is in the way`),
    );
    expect(await compare(join(root, 'runs'), '--out', join(file, 'below'))).toMatchObject(
      failed(`can't write to ${join(file, 'below')}: a part of the path is a file, not a folder`),
    );
    expect(await readFile(file, 'utf8')).toBe('mine');
    const taken = join(root, 'out', 'Task-v0.svg');
    await mkdir(taken, { recursive: true });
    expect(await compare(join(root, 'runs'), '--out', join(root, 'out'))).toMatchObject(
      failed(`can't write to ${taken}: a folder of that name is in the way`),
    );
    expect(await readdir(join(root, 'out'))).toEqual(['Task-v0.svg']);
  });

  it('writes curves of an environment whose name is a path', async () => {
    const root = await temporaryFolder();
    await writeRun(join(root, 'runs'), { env: '../my env.ts#make', seed: 1, means: [1] });
    const out = join(root, 'a', 'out');
    expect(await compare(join(root, 'runs'), '--out', out)).toMatchObject({ code: 0 });
    expect((await readdir(out)).toSorted()).toEqual([
      '---my-env.ts-make.svg',
      'compare.md',
      'curves.csv',
      'report.html',
    ]);
  });

  it('groups one’s own environments by what they call themselves, wherever their modules lie', async () => {
    const root = await temporaryFolder();
    for (const seed of [1, 2]) {
      const settings = { env: `file:///home/${seed}/envs.ts#make`, environment: 'lab/Arm' };
      await writeRun(join(root, 'runs', `${seed}`), { seed, means: [seed], settings });
    }
    const out = join(root, 'comparison');
    const { result } = await compareJson(join(root, 'runs'), '--out', out);
    expect(result.environments).toMatchObject([{ environment: 'lab/Arm', groups: [{ seeds: [1, 2] }] }]);
    expect((await readdir(out)).toSorted()).toEqual([
      'compare.md',
      'curves.csv',
      'lab-Arm.svg',
      'report.html',
    ]);
  });

  it('takes patterns, and refuses what holds no runs', async () => {
    const root = await temporaryFolder();
    await writeRun(join(root, 'x-1'), { seed: 1, means: [1] });
    await writeRun(join(root, 'x-2'), { seed: 2, means: [1] });
    await writeRun(join(root, 'y'), { seed: 3, means: [1] });
    const { result } = await compareJson(join(root, 'x-*'));
    expect(result.environments[0].groups[0].seeds).toEqual([1, 2]);
    await mkdir(join(root, 'empty'));
    expect(await compare(join(root, 'empty'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('empty holds no runs: there is no config.json in it or below.'),
    });
    expect(await compare(join(root, 'none'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('Give folders of runs, or one that they lie in'),
    });
  });
});

const metricsLine = (step: number) =>
  `${JSON.stringify({ type: 'metrics', step, note: 'ü'.repeat(step % 7), time: { seconds: step } })}\n`;

describe('readRun', () => {
  it('takes the steps and the time from the log where there is no summary', async () => {
    const folder = await temporaryFolder();
    const tail = `${JSON.stringify({ type: 'metrics', step: 350, time: { seconds: 12, stepsPerSecond: 1 } })}\n`;
    await writeRun(folder, { seed: 1, means: [1, 2], finished: false, tail });
    expect(await readRun(folder)).toMatchObject({
      run: { step: 350, seconds: 12, notes: ['not finished: at step 350 of 1000'] },
    });
  });

  it('reads what an editor has saved with a byte order mark', async () => {
    const folder = await temporaryFolder();
    await writeRun(folder, { seed: 7, means: [1, 2] });
    const whole = await readRun(folder);
    expect(whole).toMatchObject({ run: { seed: 7, seconds: 90 } });
    for (const name of ['config.json', 'metrics.jsonl', 'summary.json']) {
      const file = join(folder, name);
      await writeFile(file, `\uFEFF${await readFile(file, 'utf8')}`);
    }
    expect(await readRun(folder)).toEqual(whole);
  });

  it('refuses a config.json that says a setting twice, or is no text', async () => {
    const folder = await temporaryFolder();
    await writeRun(folder, { seed: 7, means: [1, 2] });
    await writeFile(join(folder, 'config.json'), '{ "agent": { "alpha": 1,\n"alpha": 2 } }');
    expect(await readRun(folder)).toEqual({
      folder,
      reason: 'line 2 of config.json says agent.alpha again, after line 1',
    });
    await writeFile(join(folder, 'config.json'), Buffer.from('{}', 'utf16le'));
    expect(await readRun(folder)).toEqual({
      folder,
      reason: 'config.json cannot be read (it holds zero bytes, so it is no text in UTF-8)',
    });
  });

  it('passes over a last line that was cut inside of a character', async () => {
    const folder = await temporaryFolder();
    await writeRun(folder, { seed: 7, means: [1] });
    const log = await readFile(join(folder, 'metrics.jsonl'));
    await writeFile(
      join(folder, 'metrics.jsonl'),
      Buffer.concat([log, Buffer.from('{"a":"ü').subarray(0, -1)]),
    );
    expect(await readRun(folder)).toMatchObject({
      run: { notes: ['the last line of metrics.jsonl is cut off and was passed over'] },
    });
  });

  it('reads a log of many chunks, and names a damaged line by its place in it', async () => {
    const folder = await temporaryFolder();
    const tail = Array.from({ length: 5000 }, (_, step) => metricsLine(step)).join('');
    await writeRun(folder, { seed: 1, means: [1, 2], finished: false, tail });
    expect(await readRun(folder)).toMatchObject({ run: { step: 4999, seconds: 4999 } });
    await writeRun(folder, { seed: 1, means: [1, 2], finished: false, tail: `${tail}no json\n${tail}` });
    expect(await readRun(folder)).toEqual({
      folder,
      reason: 'line 5003 of metrics.jsonl is damaged: it is no JSON',
    });
  });

  it('refuses a log of two runs, and notes a damaged summary', async () => {
    const folder = await temporaryFolder();
    const tail = `${JSON.stringify({ type: 'evaluation', step: 100, mean: 1 })}\n`;
    await writeRun(folder, { seed: 1, means: [1, 2], tail });
    expect(await readRun(folder)).toEqual({
      folder,
      reason: 'line 3 of metrics.jsonl evaluates at step 100 after step 200: two runs wrote to it',
    });
    await writeRun(folder, { seed: 1, means: [1, 2] });
    await writeFile(join(folder, 'summary.json'), '{');
    expect(await readRun(folder)).toMatchObject({
      run: {
        seconds: 2,
        notes: ['summary.json is damaged: it is no JSON; the wall time is taken from metrics.jsonl'],
      },
    });
  });
});
