import { existsSync } from 'node:fs';
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { listCheckpoints } from '@meow-rl/train/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { killEarly } from '../testing/killed-early.ts';
import { outcomeOf } from '../testing/run-outcome.ts';
import { startBench, startNode } from '../testing/start-bench.ts';
import { quietBench } from '../testing/run-bench.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'meow-faults-'));
  await quietBench('train', ...FLAGS, '--out', at('whole'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const at = (...parts: readonly string[]) => path.join(folder, ...parts);

const FLAGS = (
  '--env MultiGoal-v0 --steps 400 --warmup 50 --hidden 8,8 --shift-hidden 8 --couplings 1 --batch-size 16 --log-every 40 ' +
  '--evaluation-episodes 2 --evaluate-every 100'
).split(' ');

/** A copy of the finished run, to be damaged. */
async function copyOf(name: string): Promise<string> {
  await cp(at('whole'), at(name), { recursive: true });
  return at(name);
}

async function flipBit(file: string): Promise<void> {
  const bytes = await readFile(file);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 4;
  await writeFile(file, bytes);
}

/** Damages the chunk of the replay buffer whose name begins so. */
async function flipChunk(run: string, prefix: string): Promise<void> {
  const chunks = path.join(run, 'checkpoints', 'replay');
  const name = (await readdir(chunks)).find((file) => file.startsWith(prefix));
  expect(name).toBeDefined();
  await flipBit(path.join(chunks, name ?? ''));
}

/** The step of the whole run's best evaluation, the later of equals. */
async function bestStep(): Promise<number> {
  const { events } = await outcomeOf(at('whole'));
  const evaluations = events.filter(({ type }) => type === 'evaluation');
  expect(evaluations.map(({ step }) => step)).toEqual([100, 200, 300, 400]);
  return evaluations.toSorted((a, b) => b.mean - a.mean || b.step - a.step)[0].step;
}

describe('checkpoints of a run', () => {
  it('are kept: the last three, and the best', async () => {
    const steps = await listCheckpoints(at('whole', 'checkpoints'));
    const expected = new Set([400, 300, 200, await bestStep()]);
    expect(steps).toEqual([...expected].toSorted((a, b) => b - a));
  });

  it.each(['200', '300'])('can be gone on from, from %s with the same end', async (step) => {
    const run = await copyOf(`from-${step}`);
    const { code, err } = await quietBench('train', '--resume', run, '--from', step);
    expect(code, err).toBe(0);
    expect(err).toBe(`meow-bench: ${400 - Number(step)} steps after checkpoint ${step} are trained again\n`);
    const [resumed, whole] = [await outcomeOf(run), await outcomeOf(at('whole'))];
    expect(resumed.events).toEqual(whole.events);
    expect(resumed.policies).toEqual(whole.policies);
    expect(resumed.saved.find(({ step }) => step === 400)).toEqual(
      whole.saved.find(({ step }) => step === 400),
    );
  });

  it('that are damaged are refused, with the way out, and are not deleted', async () => {
    const run = await copyOf('flipped');
    await flipBit(path.join(run, 'checkpoints', '400', 'tensors.safetensors'));
    const { code, err } = await quietBench('train', '--resume', run);
    expect(code).toBe(1);
    expect(err).toMatch(
      /checkpoint .*400 is damaged: tensors\.safetensors has checksum \w+…, expected \w+…\. Lose 100 steps and take 300 with: /,
    );
    expect(err.endsWith(`: meow-bench train --resume ${run} --from 300\n`), err).toBe(true);
    expect((await listCheckpoints(path.join(run, 'checkpoints')))[0]).toBe(400);
    expect((await quietBench('train', '--resume', run, '--from', '300')).code).toBe(0);
    expect((await outcomeOf(run)).events).toEqual((await outcomeOf(at('whole'))).events);
  });

  it.each(['missing', 'flipped', 'cut short'])('with a %s chunk of the replay buffer say so', async (how) => {
    const run = await copyOf(`chunk-${how}`);
    const chunks = path.join(run, 'checkpoints', 'replay');
    for (const name of await readdir(chunks)) {
      if (how === 'missing') await rm(path.join(chunks, name));
      else if (how === 'flipped') await flipBit(path.join(chunks, name));
      else
        await writeFile(path.join(chunks, name), (await readFile(path.join(chunks, name))).subarray(0, -9));
    }
    const { code, err } = await quietBench('train', '--resume', run);
    expect(code).toBe(1);
    expect(err).toMatch(/replay: chunk .*replay-\S+ (is missing|has \S+ .*expected)/);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(err).toContain('No earlier checkpoint is whole; train anew with --force.');
    expect((await listCheckpoints(path.join(run, 'checkpoints')))[0]).toBe(400);
  });

  it('with a damaged chunk of their own name the newest one that is whole', async () => {
    const run = await copyOf('chunk-of-newest');
    await flipChunk(run, 'replay-0-399');
    await flipBit(path.join(run, 'checkpoints', '300', 'state.json'));
    const { code, err } = await quietBench('train', '--resume', run);
    expect(code, err).toBe(1);
    expect(err).toContain(`Lose 200 steps and take 200 with: meow-bench train --resume ${run} --from 200\n`);
    expect(await quietBench('train', '--resume', run, '--from', '200')).toMatchObject({ code: 0 });
    expect((await outcomeOf(run)).events).toEqual((await outcomeOf(at('whole'))).events);
  });

  it('that cannot be gone on from leave the newer ones and their logs as they were', async () => {
    const run = await copyOf('chunk-of-oldest');
    await flipChunk(run, 'replay-0-199');
    expect(await quietBench('train', '--resume', run, '--from', '200')).toMatchObject({ code: 1 });
    const { code, err } = await quietBench('train', '--resume', run, '--from', '300');
    expect(code, err).toBe(0);
    expect((await outcomeOf(run)).events).toEqual((await outcomeOf(at('whole'))).events);
  });

  it('are chosen by eval and export: last, best or a step', async () => {
    const policy = async (checkpoint: string) => {
      const { code, err } = await quietBench(
        'export',
        at('whole'),
        '--checkpoint',
        checkpoint,
        '--out',
        at('policy'),
      );
      expect(code, err).toBe(0);
      return readFile(at('policy', 'policy.onnx'));
    };
    const last = await policy('last');
    expect(await policy('400')).toEqual(last);
    expect(await policy('300')).not.toEqual(last);
    expect(await policy('best')).toEqual(await policy(String(await bestStep())));
    const { code, err } = await quietBench('eval', at('whole'), '--checkpoint', '7');
    expect(code).toBe(1);
    expect(err).toMatch(/has no checkpoint 7\. It has 400, 300, 200/);
    expect((await quietBench('eval', at('whole'), '--checkpoint', 'worst')).code).toBe(2);
  });
});

describe('--resume', () => {
  it('begins a run anew that has no checkpoint', async () => {
    const run = await copyOf('early');
    // In the middle of a line, and of the first checkpoint, which is written while training goes on.
    await killEarly(run, 200);
    await appendFile(path.join(run, 'metrics.jsonl'), '{"type":"metr');
    await mkdir(path.join(run, 'checkpoints', '.saving-100'), { recursive: true });
    const { code, err } = await quietBench('train', '--resume', run);
    expect(code).toBe(0);
    expect(err).toMatch(/was stopped before its first checkpoint; it begins anew\n$/);
    expect(await outcomeOf(run)).toEqual(await outcomeOf(at('whole')));
  });

  it.each([
    ['a summary.json', ['policy', 'metrics.jsonl']],
    [path.join('policy', 'policy.onnx'), ['summary.json', 'metrics.jsonl']],
    ['logged step 202, with a checkpoint every 100 steps', ['policy', 'summary.json']],
  ])('begins no run anew whose checkpoints are missing, as it has %s', async (sign, gone) => {
    const run = await copyOf(`missing-${gone.join('-')}`);
    for (const name of ['checkpoints', ...gone]) await rm(path.join(run, name), { recursive: true });
    const names = await readdir(run);
    for (const argv of [
      ['train', '--resume', run],
      ['train', '--resume', run, '--steps', '500', '--checkpoint-every', '1000'],
      ['train', '--resume', run, '--from', '300'],
      ['eval', run],
    ])
      expect(await quietBench(...argv)).toMatchObject({
        code: 2,
        err: expect.stringMatching(
          new RegExp(
            `the checkpoints of \\S+ are missing: it has (a )?${sign}, and \\S+checkpoints holds none\\. Put them back, .* --config \\S+config\\.json and --out\\.\n$`,
          ),
        ),
      });
    expect(await readdir(run)).toEqual(names);
  });

  it('of a finished run changes nothing', async () => {
    const run = await copyOf('finished');
    expect((await quietBench('train', '--resume', run)).code).toBe(0);
    expect(await outcomeOf(run)).toEqual(await outcomeOf(at('whole')));
  });

  it('refuses a log that is shorter than it was', async () => {
    const run = await copyOf('log');
    await writeFile(path.join(run, 'metrics.jsonl'), '');
    const { code, err } = await quietBench('train', '--resume', run);
    expect(code).toBe(1);
    expect(err).toMatch(
      /metrics\.jsonl has 0 bytes, expected at least \d+ as when the checkpoint was written\. .*Checkpoint 400 itself is whole: .* --from 400 --new-log; or write its policy with: meow-bench export \S+ --checkpoint 400\n$/,
    );
  });

  it('begins a log that is lost anew, with all else to the same bits', async () => {
    const run = await copyOf('lost-log');
    await rm(path.join(run, 'metrics.jsonl'));
    expect(await quietBench('train', '--resume', run, '--from', '300')).toMatchObject({ code: 1 });
    const { code, err } = await quietBench('train', '--resume', run, '--from', '300', '--new-log');
    expect(code, err).toBe(0);
    const [policy, expected] = [run, at('whole')].map((of) =>
      readFile(path.join(of, 'policy', 'policy.onnx')),
    );
    expect(await policy).toEqual(await expected);
    const [first = ''] = (await readFile(path.join(run, 'metrics.jsonl'), 'utf8')).split('\n');
    expect(JSON.parse(first).step).toBeGreaterThan(300);
    expect(await quietBench('train', '--out', at('other'), '--new-log')).toMatchObject({ code: 2 });
  });

  it('sets each log aside under a name of its own, which --force deletes', async () => {
    const run = await copyOf('logs-aside');
    const logs = async () =>
      Promise.all(
        (await readdir(run))
          .filter((name) => name.endsWith('metrics.jsonl'))
          .toSorted()
          .map(async (name) => ({ name, text: await readFile(path.join(run, name), 'utf8') })),
      );
    const anew = ['train', '--resume', run, '--from', '300', '--new-log'];
    const [whole] = await logs();
    expect(await quietBench(...anew)).toMatchObject({ code: 0 });
    const [, short] = await logs();
    expect(await quietBench(...anew)).toMatchObject({ code: 0 });
    expect(await logs()).toMatchObject([
      { ...short, name: 'lost-before-300-2.metrics.jsonl' },
      { ...whole, name: 'lost-before-300.metrics.jsonl' },
      { name: 'metrics.jsonl' },
    ]);
    expect(await quietBench('train', ...FLAGS, '--out', run, '--force')).toMatchObject({ code: 0 });
    expect((await logs()).map(({ name }) => name)).toEqual(['metrics.jsonl']);
    expect((await readdir(run)).filter((name) => name.startsWith('lost-'))).toEqual([]);
  });

  it('refuses settings that were changed in config.json', async () => {
    const run = await copyOf('edited');
    const file = path.join(run, 'config.json');
    const config = JSON.parse(await readFile(file, 'utf8'));
    const { alpha } = config.agent;
    await writeFile(file, JSON.stringify({ ...config, agent: { ...config.agent, alpha: 0.123 } }));
    const { code, err } = await quietBench('train', '--resume', run, '--from', '300');
    expect(code).toBe(2);
    expect(err).toContain(
      `${file} says alpha 0.123, and checkpoint 300 was trained with ${alpha}. Put ${alpha} back, or begin a new run with`,
    );
    await writeFile(file, JSON.stringify({ ...config, numEnvs: 3 }));
    expect((await quietBench('train', '--resume', run, '--from', '300')).err).toContain(
      'says numEnvs 3, and checkpoint 300 was trained with',
    );
    await writeFile(file, JSON.stringify({ ...config, logEvery: 7 }));
    expect(await quietBench('train', '--resume', run, '--from', '300')).toMatchObject({ code: 0 });
  });
});

const LONG = [...FLAGS.map((flag) => (flag === '400' ? '100000' : flag)), '--checkpoint-every', '50'];

/** Starts a long run and waits until it has saved its first checkpoint. */
async function startLong(run: string) {
  const started = startBench('train', ...LONG, '--out', run);
  await started.until(async () => (await listCheckpoints(path.join(run, 'checkpoints'))).length > 0);
  return started;
}

it('threads start where Node was given arguments that hold for the whole process', async () => {
  const threads = ['--workers', '1', '--learner-threads', '2', '--steps', '100', '--out', at('flags')];
  const { ended } = startNode(['--max-old-space-size=512', '--expose-gc'], 'train', ...FLAGS, ...threads);
  const { code, err } = await ended;
  expect(code, err).toBe(0);
});

describe('signals', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s saves and exits with %i, saying how to go on', async (signal, expected) => {
    const { child, ended } = await startLong(at(signal));
    child.kill(signal);
    const { code, err } = await ended;
    expect(code, err).toBe(expected);
    const [, step] =
      /stopped at step (\d+) of 100000, saved\. Go on with: meow-bench train --resume .*\n$/.exec(err) ?? [];
    expect((await listCheckpoints(at(signal, 'checkpoints')))[0]).toBe(Number(step));
    expect(await readdir(at(signal))).not.toContain('run.lock');
  });

  it('a second one ends the process at once', async () => {
    // The first one waits for an evaluation that takes minutes.
    const flags = [...FLAGS, '--out', at('twice'), '--evaluation-episodes', '1000000'];
    const { child, ended, until, untilSaid } = startBench('train', ...flags);
    // It listens to signals once its log is there.
    await until(() => existsSync(at('twice', 'metrics.jsonl')));
    child.kill('SIGINT');
    await untilSaid('interrupted; saving what was learned');
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ signal: 'SIGTERM' });
  });
});
