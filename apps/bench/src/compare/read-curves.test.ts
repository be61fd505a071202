import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { main } from '../cli/main.ts';
import { captureIo } from '../testing/capture.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { writeRun } from '../testing/written-run.ts';

async function compare(...argv: string[]) {
  const io = captureIo();
  const code = await main(['compare', ...argv], io);
  return { code, out: io.out(), err: io.err() };
}

/** Without times: a summary says how long a run took as a whole, its curve when it was evaluated last. */
const numbers = (group: Record<string, unknown>) => ({ ...group, seconds: 0, stepsPerSecond: 0 });

const HEADER = 'environment,algorithm,seed,step,deterministic,sampled,seconds';

describe('curves.csv as a source of compare', () => {
  it('says what the runs say that it was made of', async () => {
    const root = await temporaryFolder();
    for (const seed of [1, 2, 3])
      for (const shifts of [1, 2])
        await writeRun(join(root, 'runs', `${shifts}-${seed}`), {
          seed,
          means: [seed, shifts * 10 * seed],
          sampled: [seed / 2, shifts * seed],
          settings: { agent: { shifts } },
        });
    const [first, again] = [join(root, 'first'), join(root, 'again')];
    expect(await compare(join(root, 'runs'), '--out', first)).toMatchObject({ code: 0, err: '' });
    const curves = join(first, 'curves.csv');
    expect(await compare(curves, '--out', again)).toMatchObject({ code: 0, err: '' });
    expect(await readFile(join(again, 'curves.csv'), 'utf8')).toBe(await readFile(curves, 'utf8'));
    expect(await readFile(join(again, 'Task-v0.svg'), 'utf8')).toBe(
      await readFile(join(first, 'Task-v0.svg'), 'utf8'),
    );
    for (const flags of [[], ['--stochastic'], ['--until', '100']]) {
      const [ofRuns, ofCurves] = await Promise.all(
        [join(root, 'runs'), curves].map(async (source) =>
          JSON.parse((await compare(source, '--json', ...flags)).out),
        ),
      );
      expect(ofCurves.environments[0].groups.map(numbers)).toEqual(
        ofRuns.environments[0].groups.map(numbers),
      );
      expect(ofCurves.environments[0].groups[1].seconds).toBe(flags[0] === '--until' ? 1 : 2);
      expect(ofCurves.environments[0].improvements).toEqual(ofRuns.environments[0].improvements);
    }
    const page = await readFile(join(again, 'report.html'), 'utf8');
    expect(page).toContain(`<code>${curves}</code>`);
    expect(page).toContain('Files of curves do not say what their runs were made with.');
  });

  it('has no policies to play with noise', async () => {
    const root = await temporaryFolder();
    const [curves, out] = [join(root, 'curves.csv'), join(root, 'out')];
    await writeFile(curves, [HEADER, 'Task-v0,meow,2,100,3,,1', ''].join('\n'));
    const { code, err } = await compare(curves, '--out', out, '--action-noise', '0.1');
    expect([code, err]).toEqual([
      2,
      expect.stringContaining(
        'files of curves hold no policies that could be played with noise. Give the folders',
      ),
    ]);
    expect(existsSync(out)).toBe(false);
  });

  it('adds seeds to runs of the same name', async () => {
    const root = await temporaryFolder();
    await writeRun(join(root, 'runs', '1'), { seed: 1, means: [1, 10] });
    const curves = join(root, 'earlier.csv');
    // As versions without seconds wrote it.
    const rows = ['Task-v0,meow,2,100,3,', 'Task-v0,meow,2,200,30,', 'Task-v0,meow,3,200,50,'];
    await writeFile(curves, [HEADER.replace(',seconds', ''), ...rows, ''].join('\n'));
    const { code, out, err } = await compare(join(root, 'runs'), join(root, '*.csv'), '--json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const { environments } = JSON.parse(out);
    expect(environments[0].groups).toHaveLength(1);
    expect(environments[0].groups[0]).toMatchObject({ seeds: [1, 2, 3], final: { mean: 30 }, label: 'meow' });
  });

  it('is a group of its own beside runs of the same name with seeds in common', async () => {
    const root = await temporaryFolder();
    for (const seed of [1, 2]) await writeRun(join(root, 'runs', `${seed}`), { seed, means: [1, seed] });
    const curves = join(root, 'earlier.csv');
    const rows = ['Task-v0,meow,2,200,30,,', 'Task-v0,meow,3,200,50,,'];
    await writeFile(curves, [HEADER, ...rows, ''].join('\n'));
    const { out } = await compare(join(root, 'runs'), curves, '--json');
    const { environments, leftOut } = JSON.parse(out);
    expect(leftOut).toEqual([]);
    expect(
      environments[0].groups.map(({ label, seeds, final }: Record<string, unknown>) => ({
        label,
        seeds,
        final,
      })),
    ).toMatchObject([
      { label: 'meow', seeds: [1, 2], final: { mean: 1.5 } },
      { label: `meow (${curves})`, seeds: [2, 3], final: { mean: 40 } },
    ]);
  });

  it.each([
    ['step,return\n1,2', 'it has no column environment, algorithm, seed, deterministic;'],
    [HEADER, 'it has no line below its header'],
    [`${HEADER}\nTask-v0,meow,1,100,nan,,`, 'line 2: deterministic: '],
    [`${HEADER}\nTask-v0,meow,1,100,,,`, 'line 2: deterministic: Invalid input: expected a number'],
    [`${HEADER}\nTask-v0,meow,1,100,1,,\nTask-v0,meow,1.5,100,1,,`, 'line 3: seed: '],
    [`${HEADER}\nTask-v0,meow,1,100,1,,\nTask-v0,meow,1`, 'line 3: step: '],
    [
      `${HEADER}\nTask-v0,meow,1,200,1,,\nTask-v0,meow,1,200,1,,`,
      'line 3: step 200 of a run comes after its step 200',
    ],
    ['a\0b', 'it cannot be read (it holds zero bytes'],
  ])('says what is wrong with a file: %j', async (text, reason) => {
    const curves = join(await temporaryFolder(), 'curves.csv');
    await writeFile(curves, text);
    const { code, err } = await compare(curves);
    expect(code).toBe(1);
    expect(err).toContain(`none of the runs can be compared: ${curves}: ${reason}`);
    expect(err).toContain('. Mend what is said of them, or give others.\n');
  });

  it('waits for evaluations only where there are none yet', async () => {
    const root = await temporaryFolder();
    await writeRun(join(root, 'begun'), { seed: 1, means: [] });
    expect((await compare(join(root, 'begun'))).err).toMatch(
      /Wait for their first evaluation, or give others\.\n$/,
    );
    await writeRun(join(root, 'later'), { seed: 1, means: [1] });
    expect((await compare(join(root, 'later'), '--until', '50')).err).toMatch(
      /no evaluation up to step 50\. Give a later step with --until, or others\.\n$/,
    );
  });

  it('asks for a later step only where there are evaluations after it', async () => {
    const curves = join(await temporaryFolder(), 'curves.csv');
    await writeFile(curves, `${HEADER}\nTask-v0,meow,1,100,1,,`);
    const { err } = await compare(curves, '--until', '50');
    expect(err).toContain(
      'no evaluation up to step 50 of seed 1. Give a later step with --until, or others.\n',
    );
    const sampled = await compare(curves, '--until', '50', '--stochastic');
    expect(sampled.err).toContain(
      'no evaluation with sampled actions up to step 50 of seed 1. Mend what is said of them, or give others.\n',
    );
  });

  it('says that a file is missing', async () => {
    const { code, err } = await compare('missing/curves.csv');
    expect(code).toBe(2);
    expect(err).toContain('there is no file missing/curves.csv. Give a curves.csv');
  });
});
