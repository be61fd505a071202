import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { main } from '../cli/main.ts';
import { captureIo } from '../testing/capture.ts';
import { startBench } from '../testing/start-bench.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'meow-loggers-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const FLAGS = (
  '--env MultiGoal-v0 --steps 100 --warmup 50 --hidden 8,8 --shift-hidden 8 --couplings 1 --batch-size 16 --log-every 40 ' +
  '--evaluation-episodes 1 --evaluate-every 60'
).split(' ');

/** Trains with a logger whose module says this. */
async function trainWith(name: string, source: string) {
  const [run, logger] = [path.join(folder, name), path.join(folder, `${name}.mjs`)];
  await writeFile(logger, source);
  const io = captureIo();
  const code = await main(['train', ...FLAGS, '--out', run, '--logger', logger, '--quiet'], io);
  return { run, logger, code, out: io.out(), err: io.err() };
}

const thrown = `{ throw new Error('no network.'); }`;

describe('a logger of one’s own', () => {
  it('whose close throws loses nothing of a finished run', async () => {
    const source = `export default () => ({ log() {}, close() ${thrown} });`;
    const { run, logger, code, out, err } = await trainWith('close', source);
    expect([code, err]).toEqual([
      1,
      `meow-bench: the logger ${logger} failed in close(): no network. ` +
        `All else of ${run} is whole: it was trained, saved and written before that.\n`,
    ]);
    expect(out).toContain('agrees with the agent to');
    expect(JSON.parse(await readFile(path.join(run, 'summary.json'), 'utf8'))).toMatchObject({
      steps: 100,
      aborted: false,
    });
    expect((await readdir(path.join(run, 'policy'))).toSorted()).toEqual([
      'critic.onnx',
      'policy-stochastic.onnx',
      'policy.onnx',
    ]);
    expect((await readFile(path.join(run, 'metrics.jsonl'), 'utf8')).endsWith('}\n')).toBe(true);
  });

  it('is told of beside a policy and a summary that can’t be written, and how to go on', async () => {
    const source = `import { mkdirSync, writeFileSync } from 'node:fs';
export default ({ folder }) => ({
  log() {},
  close() {
    writeFileSync(folder + '/policy', '');
    mkdirSync(folder + '/summary.json');
    throw new Error('no network.');
  },
});`;
    const { run, logger, code, err } = await trainWith('all', source);
    expect([code, err.split('\n')]).toEqual([
      1,
      [
        expect.stringMatching(
          new RegExp(
            `^meow-bench: ${run} is trained and saved, but ${run}/policy could not be written: .* write it with: meow-bench export ${run}$`,
          ),
        ),
        `meow-bench: the logger ${logger} failed in close(): no network.`,
        `meow-bench: can't write to ${run}: a folder of that name is in the way. ` +
          `See that the folder can be written to, then go on with: meow-bench train --resume ${run}`,
        '',
      ],
    ]);
  });

  it.each([
    [
      'log',
      `log({ step }) { if (step >= 80) ${thrown} }, close() {}`,
      'log(event) of type metrics at step 80',
      60,
    ],
    ['position', `log() {}, close() {}, position() ${thrown}`, 'position()', undefined],
  ])('whose %s throws ends the training, naming the file', async (name, members, where, saved) => {
    const { run, logger, code, err } = await trainWith(name, `export default () => ({ ${members} });`);
    expect([code, err]).toEqual([
      1,
      `meow-bench: the logger ${logger} failed in ${where}: no network. ` +
        (saved === undefined
          ? `Nothing was saved in 60 steps. Begin it anew with: meow-bench train --resume ${run}, or with other settings and --force.\n`
          : `The run is saved up to step 60, 20 steps are lost. Go on with: meow-bench train --resume ${run}\n`),
    ]);
  });

  it('in TypeScript is run as an environment is', async () => {
    const [run, logger, log] = ['typed', 'typed.ts', 'typed.txt'].map((name) => path.join(folder, name));
    await writeFile(
      logger ?? '',
      `import { appendFileSync } from 'node:fs';
      export default () => ({
        log: ({ type }: { type: string }) => appendFileSync(${JSON.stringify(log)}, type + ' '),
        close: (): void => {},
      });`,
    );
    const { code, err } = await startBench('train', ...FLAGS, '--out', run ?? '', '--logger', logger ?? '')
      .ended;
    expect([code, err]).toEqual([0, '']);
    expect(await readFile(log ?? '', 'utf8')).toContain('evaluation metrics ');
  });

  it('that can’t be imported is refused before an earlier run is replaced', async () => {
    const { run, code } = await trainWith('early', 'export default () => ({ log() {}, close() {} });');
    expect(code).toBe(0);
    const io = captureIo();
    const argv = ['train', ...FLAGS, '--out', run, '--force', '--logger', path.join(folder, 'gone.mjs')];
    expect(await main(argv, io)).toBe(2);
    expect(io.err()).toMatch(/the logger .*gone\.mjs can't be imported/);
    expect(await readdir(run)).toContain('summary.json');
  });

  it('that is none is refused', async () => {
    const { logger, code, err } = await trainWith('none', 'export default () => ({ close() {} });');
    expect([code, err]).toEqual([
      2,
      `meow-bench: the logger ${logger} has no log. ` +
        'A logger is { log(event), close() }, and position() if it can be gone back in; see docs/logging.md.\n',
    ]);
  });
});
