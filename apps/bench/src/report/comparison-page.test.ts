import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';

import { bench } from '../testing/run-bench.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { writeRun } from '../testing/written-run.ts';

const textOf = (element: { readonly textContent: string | null } | null): string =>
  String(element?.textContent).replace(/\s+/g, ' ').trim();

/** The page that `compare --out` writes of some runs. */
async function pageOf(root: string, ...flags: readonly string[]) {
  return pageWith(root, '', ...flags);
}

/** And what it says on the way. */
async function pageWith(root: string, said: string, ...flags: readonly string[]) {
  const out = join(root, 'comparison');
  const { code, err } = await bench(
    'compare',
    join(root, 'runs'),
    '--out',
    out,
    '--resamples',
    '400',
    ...flags,
  );
  expect([code, err]).toEqual([0, said]);
  const markup = await readFile(join(out, 'report.html'), 'utf8');
  const { document } = parseHTML(markup);
  const card = (title: string) => {
    const sections = [...document.querySelectorAll('.card')].filter((section) =>
      textOf(section.querySelector('h2')).startsWith(title),
    );
    expect(sections, title).toHaveLength(1);
    const [section] = sections;
    return {
      rows: [...(section?.querySelectorAll('tbody tr:has(td)') ?? [])].map((row) =>
        [...row.querySelectorAll('td')].map(textOf),
      ),
      groups: [...(section?.querySelectorAll('tbody') ?? [])].map((group) => [
        textOf(group.querySelector('th')),
        group.querySelectorAll('td:first-child').length,
      ]),
      text: textOf(section ?? null),
      figures: [...(section?.querySelectorAll('svg') ?? [])].map(
        (svg) => svg.getAttribute('aria-label') ?? '',
      ),
    };
  };
  const titles = [...document.querySelectorAll('h2')].map(textOf);
  return { markup, card, titles };
}

/** Three seeds of MEow and SAC on HalfCheetah-v5, and of Hopper-v5 if asked for. */
async function writeRuns(root: string, environments: readonly string[]): Promise<void> {
  for (const env of environments)
    for (const [algo, end] of [
      ['meow', 6000],
      ['sac', 5000],
    ] as const)
      for (const seed of [0, 1, 2])
        await writeRun(join(root, 'runs', env, algo, `${seed}`), {
          env,
          algo,
          seed,
          every: 50_000,
          means: [1000, end + 100 * seed],
          sampled: [900, end - 1000 + 100 * seed],
          settings: {
            steps: 100_000,
            versions: { node: '1' },
          },
        });
}

describe('report of a comparison', () => {
  it('has returns of both kinds, labelled, with mean, interval and IQM', async () => {
    const root = await temporaryFolder();
    await writeRuns(root, ['HalfCheetah-v5']);
    const { card, titles, markup } = await pageOf(root);
    expect(titles.slice(0, 4)).toEqual([
      'Deterministic return, mean',
      'Deterministic return, interquartile mean',
      'Sampled return, mean',
      'Sampled return, interquartile mean',
    ]);
    expect(card('Returns of the last evaluation').rows).toEqual([
      // 6100 ± t(0.975, 2) 100 / √3
      [
        'meow',
        '6,100 (5,852 to 6,348)',
        '6,100 (6,000 to 6,200)',
        '5,100 (4,852 to 5,348)',
        '5,100',
        '3',
        '100,000',
      ],
      [
        'sac',
        '5,100 (4,852 to 5,348)',
        '5,100 (5,000 to 5,200)',
        '4,100 (3,852 to 4,348)',
        '4,100',
        '3',
        '100,000',
      ],
    ]);
    expect(card('Deterministic return, mean').text).toContain('meow 3 seeds');
    expect(card('Deterministic return, mean').text).toContain('Nothing is smoothed.');
    expect(card('Probability of improvement of meow').rows).toEqual([['meow > sac', '1.00', '1.00 to 1.00']]);
    const profile = card('Performance profile');
    expect(profile.text).toContain('6,100 on HalfCheetah-v5');
    expect(profile.rows).toEqual([
      ['meow', '1.00 (0.98 to 1.02)'],
      ['sac', '0.84 (0.82 to 0.85)'],
    ]);
    expect(card('Time').rows[0]).toEqual(['meow', '1 min 30 s', '1,111']);
    expect(markup).not.toMatch(/NaN|Infinity|undefined|\[object/);
  });

  it('has both kinds of returns whichever of them the tables are of', async () => {
    const root = await temporaryFolder();
    await writeRuns(root, ['HalfCheetah-v5']);
    const ofBoth = async (...flags: readonly string[]) => {
      const { markup } = await pageOf(root, ...flags);
      return markup.replace(' --stochastic', '');
    };
    expect(await ofBoth('--stochastic')).toBe(await ofBoth());
  });

  it('is one file that loads nothing, with ids that are there once', async () => {
    const root = await temporaryFolder();
    await writeRuns(root, ['HalfCheetah-v5', 'Hopper-v5']);
    const { markup, card } = await pageOf(root);
    expect(markup).not.toMatch(/<script|<link|<img|@import|url\((?!#)|\ssrc=/);
    const ids = [...markup.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(card('Deterministic return, mean').figures).toHaveLength(2);
    expect(card('Probability of improvement').groups).toEqual([
      ['HalfCheetah-v5', 1],
      ['Hopper-v5', 1],
      ['all tasks that both have', 1],
    ]);
    expect(card('Returns of the last evaluation').groups).toEqual([
      ['HalfCheetah-v5', 2],
      ['Hopper-v5', 2],
    ]);
    expect(card('Returns of the last evaluation').rows.map(([label]) => label)).toEqual([
      'meow',
      'sac',
      'meow',
      'sac',
    ]);
  });

  it('puts published returns beside ours at the same number of steps', async () => {
    const root = await temporaryFolder();
    await writeRuns(root, ['HalfCheetah-v5']);
    for (const seed of [0, 1])
      await writeRun(join(root, 'runs', 'td3', `${seed}`), {
        env: 'HalfCheetah-v5',
        algo: 'td3',
        seed,
        every: 50_000,
        means: [1000, 4000 + 1000 * seed],
        sampled: [1, 2],
        settings: { steps: 100_000, preset: 'mujoco' },
      });
    const { rows, text } = (await pageOf(root)).card('Beside what others publish');
    const rowOf = (source: string, algorithm: string, steps: string) =>
      rows.find((row) => row[0] === algorithm && row[1] === source && row[2] === steps)?.slice(3);
    // 4500 ± t(0.975, 1) 500
    const last = '4,500 (−1,853 to 10,853)';
    expect(rowOf('TD3 authors (v1)', 'td3', '100,000')).toEqual(['5,514', last, `${last} at 100,000`]);
    expect(rowOf('TD3 authors (v1)', 'td3', '300,000')).toEqual(['7,697', '–', `${last} at 100,000`]);
    expect(rowOf('MEow paper (v4)', 'meow', '1,500,000')).toEqual([
      '10,981',
      '–',
      '6,100 (5,852 to 6,348) at 100,000',
    ]);
    expect(rowOf("MEow authors' code, run here (v5)", 'meow', '100,000')?.slice(0, 2)).toEqual([
      '5,230',
      '6,100 (5,852 to 6,348)',
    ]);
    expect(rowOf('SLM-Lab (v5)', 'ppo', '10,000,000')).toEqual(['6,241', '–', 'not run']);
    expect(rowOf('Tianshou, best evaluation (v3)', 'td3', '1,000,000')?.[0]).toBe('10,201');
    expect(rowOf('MR.Q (v4)', 'MR.Q', '100,000')).toEqual(['7,872', '–', 'not run']);
    expect(text).toContain('its curves are smoothed');
  });

  it('puts no runs with other settings beside published returns without saying so', async () => {
    const root = await temporaryFolder();
    const write = (alpha: number) =>
      writeRun(join(root, 'runs', `${alpha}`), {
        env: 'HalfCheetah-v5',
        seed: 1,
        every: 100_000,
        means: [1000 * alpha],
        settings: { steps: 100_000, agent: { alpha } },
      });
    const paper = async () =>
      (await pageOf(root))
        .card('Beside what others publish')
        .rows.find((row) => row[3] === '10,981')
        ?.at(-1);
    await write(7);
    expect(await paper()).toBe('7,000 at 100,000 of meow (alpha=7)');
    await write(8);
    expect(await paper()).toBe('not run');
  });

  it('names smoothing, and leaves returns at the end alone', async () => {
    const root = await temporaryFolder();
    await writeRuns(root, ['HalfCheetah-v5']);
    const { card } = await pageOf(root, '--smooth', '2');
    const { text, figures } = card('Deterministic return, mean');
    expect(text).toContain('each point is the mean of the last 2 evaluations of a run.');
    expect(figures[0]).toContain('smoothed, each point the mean of 2 evaluations');
    expect(card('Returns of the last evaluation').rows[0]?.[1]).toBe('6,100 (5,852 to 6,348)');
  });

  it('says how to make it again: commands, seeds, settings, versions', async () => {
    const root = await temporaryFolder();
    await writeRuns(root, ['HalfCheetah-v5']);
    const { text, rows } = (await pageOf(root)).card('How to make it again');
    expect(text).toContain(`meow-bench compare ${join(root, 'runs')} --out ${join(root, 'comparison')}`);
    expect(text).toContain('meow on HalfCheetah-v5, seeds 0, 1, 2:');
    expect(text).toContain('meow-bench train --algo sac --env HalfCheetah-v5 --seed 0 --steps 100000');
    expect(text).toContain('node 1');
    expect(rows).toContainEqual(['steps', '100000']);
  });

  it('keeps groups apart of which only some have sampled returns, and says which have none', async () => {
    const root = await temporaryFolder();
    const write = (name: string, seed: number, shifts: number, sampled?: readonly number[]) =>
      writeRun(join(root, 'runs', name), {
        env: 'HalfCheetah-v5',
        seed,
        means: [1000 * shifts, 3000 * shifts + seed],
        ...(sampled && { sampled }),
        settings: { steps: 200, preset: 'half-cheetah', agent: { shifts } },
      });
    await write('default', 0, 2);
    await write('one-shift-0', 0, 1, [100, 700]);
    await write('one-shift-1', 1, 1);
    const { card } = await pageOf(root);
    expect(card('Returns of the last evaluation').rows).toEqual([
      ['meow', '6,000', '6,000', 'not evaluated', '–', '1', '200'],
      ['meow (shifts=1)', '3,001 (2,994 to 3,007)', '3,001', '700 of 1 seed', '700', '2', '200'],
    ]);
    const legend = card('Sampled return, mean').text;
    expect(legend).toContain('meow (shifts=1) 1 seed, no interval');
    expect(legend).not.toContain('meow 1 seed');
    const { text } = card('To know before reading on');
    expect(text).toContain('meow on HalfCheetah-v5: seed 0 has no returns of sampled actions');
    expect(text).toContain('meow (shifts=1) on HalfCheetah-v5: seed 1 has no returns of sampled actions');
  });

  it('says where groups are compared at different steps, and compares MEow wherever it was run', async () => {
    const root = await temporaryFolder();
    const write = (env: string, algo: string, every: number) =>
      writeRun(join(root, 'runs', env, algo), { env, algo, seed: 0, every, means: [1, 2] });
    await write('Ant-v5', 'sac', 50);
    for (const algo of ['meow', 'sac', 'td3']) await write('Hopper-v5', algo, algo === 'td3' ? 10 : 50);
    const note = 'Hopper-v5: the last evaluations are at steps 20 to 100; --until 20 compares all there';
    const { card } = await pageWith(root, `meow-bench: ${note}\n`);
    expect(card('To know before reading on').text).toContain(note);
    expect(card('Probability of improvement of meow').rows.map(([pair]) => pair)).toEqual([
      'meow > sac',
      'meow > td3',
    ]);
    expect(await readFile(join(root, 'comparison', 'compare.md'), 'utf8')).toContain(`\n\n${note}\n\n`);
  });

  it('has no intervals and no sampled returns where there are none', async () => {
    const root = await temporaryFolder();
    await writeRun(join(root, 'runs', '1'), { seed: 1, means: [1, 5], settings: { steps: 200 } });
    const { card, titles, markup } = await pageOf(root);
    expect(titles).not.toContain('Sampled return, mean');
    expect(titles).not.toContain('Beside what others publish');
    expect(card('Returns of the last evaluation').rows).toEqual([
      ['meow', '5', '5', 'not evaluated', '–', '1', '200'],
    ]);
    expect(card('Performance profile').text).toContain('There is none: it takes two algorithms');
    expect(card('Deterministic return, mean').text).toContain('meow 1 seed, no interval');
    expect(markup).not.toMatch(/NaN|Infinity|undefined/);
  });
});
