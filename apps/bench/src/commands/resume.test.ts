import { cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { listCheckpoints, readCheckpoint } from '@meow-rl/train/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { RESUMABLE } from '../runs/train-settings.ts';
import { killEarly } from '../testing/killed-early.ts';
import { outcomeOf } from '../testing/run-outcome.ts';
import { quietBench } from '../testing/run-bench.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'meow-resume-'));
  await done('train', ...FLAGS, '--steps', '300', '--out', at('short'));
  await done('train', ...FLAGS, '--steps', '500', '--out', at('long'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const at = (...parts: readonly string[]) => path.join(folder, ...parts);

const FLAGS = (
  '--env MultiGoal-v0 --warmup 50 --hidden 8,8 --shift-hidden 8 --couplings 1 --batch-size 16 --log-every 40 ' +
  '--evaluation-episodes 2 --evaluate-every 100'
).split(' ');

async function done(...argv: readonly string[]) {
  const { code, err } = await quietBench(...argv);
  expect(code, err).toBe(0);
  return err;
}

async function copyOf(source: string, name: string): Promise<string> {
  await cp(at(source), at(name), { recursive: true });
  return at(name);
}

const readJson = async (...parts: readonly string[]) =>
  JSON.parse(await readFile(path.join(...parts), 'utf8'));

/** Everything that a run leaves, but for times and for which checkpoints are kept. */
async function resultOf(run: string) {
  const { events, policies, saved } = await outcomeOf(run);
  const { changes: _changes, ...config } = await readJson(run, 'config.json');
  const summary = { ...(await readJson(run, 'summary.json')), trainSeconds: 0 };
  return { events, policies, last: saved.find(({ step }) => step === config.steps), config, summary };
}

describe('train --resume --steps', () => {
  it.each([
    ['plain', ''],
    [
      'three steps, two environments, observations in float16',
      '--n-step 3 --num-envs 2 --updates-per-step 0.5 --observation-storage float16',
    ],
    [
      'by priority, observations standardized, rewards scaled',
      '--prioritized --normalize-observations --scale-rewards --policy averaged',
    ],
  ])('makes of a finished run the one begun with as many: %s', async (name, flags) => {
    const more = [...FLAGS, ...flags.split(' ').filter(Boolean)];
    const [resumed, whole] = [at(`${name} resumed`), at(`${name} whole`)];
    await done('train', ...more, '--steps', '300', '--out', resumed);
    await done('train', '--resume', resumed, '--steps', '500');
    await done('train', ...more, '--steps', '500', '--out', whole);
    const result = await resultOf(resumed);
    expect(result.last?.step).toBe(500);
    expect(result).toEqual(await resultOf(whole));
  });

  it('does so twice, and says in config.json what changed when', async () => {
    const run = await copyOf('short', 'twice');
    await done('train', '--resume', run, '--steps', '400');
    await done('train', '--resume', run, '--steps', '500', '--keep-checkpoints', '5');
    const result = await resultOf(run);
    expect(result).toEqual({
      ...(await resultOf(at('long'))),
      config: { ...result.config, keepCheckpoints: 5 },
    });
    // Over all sittings.
    const { trainSeconds } = await readJson(run, 'summary.json');
    expect(trainSeconds).toBeGreaterThan((await readJson(at('short'), 'summary.json')).trainSeconds);
    const { changes, versions, steps } = await readJson(run, 'config.json');
    expect(steps).toBe(500);
    expect(changes).toEqual([
      { step: 300, settings: { steps: { before: 300, now: 400 } }, versions },
      {
        step: 400,
        settings: { steps: { before: 400, now: 500 }, keepCheckpoints: { before: 3, now: 5 } },
        versions,
      },
    ]);
    // And what it has recorded is no setting.
    const again = ['--config', path.join(run, 'config.json'), '--steps', '100', '--out', at('again')];
    await done('train', ...again);
  });

  it('goes on without --steps where it was killed before its first checkpoint', async () => {
    const run = await copyOf('short', 'killed');
    const logger = at('killed.mjs');
    await writeFile(
      logger,
      `export default () => ({ log: () => { throw new Error('killed'); }, close: () => {} });`,
    );
    expect(await quietBench('train', '--resume', run, '--steps', '500', '--logger', logger)).toMatchObject({
      code: 1,
      err: expect.stringContaining(`Go on with: meow-bench train --resume ${run}`),
    });
    expect((await listCheckpoints(path.join(run, 'checkpoints')))[0]).toBe(300);
    expect(await readJson(run, 'config.json')).toMatchObject({ steps: 500, logger });
    // It would say that the run has ended.
    await expect(stat(path.join(run, 'summary.json'))).rejects.toThrow('ENOENT');
    await writeFile(logger, 'export default () => ({ log: () => {}, close: () => {} });');
    // Modules are read once per process: under another name.
    await cp(logger, at('living.mjs'));
    await done('train', '--resume', run, '--logger', at('living.mjs'));
    const { config: _config, ...result } = await resultOf(run);
    expect(await resultOf(at('long'))).toMatchObject(result);
  });

  it('goes on from an earlier checkpoint with --from', async () => {
    const run = await copyOf('short', 'from');
    expect(await done('train', '--resume', run, '--from', '100', '--steps', '500')).toBe(
      'meow-bench: 200 steps after checkpoint 100 are trained again\n',
    );
    expect(await resultOf(run)).toEqual(await resultOf(at('long')));
  });

  it('takes them from a file too, beside settings as they are', async () => {
    const run = await copyOf('short', 'file');
    const { versions: _versions, command: _command, ...settings } = await readJson(run, 'config.json');
    await writeFile(at('file.json'), JSON.stringify({ ...settings, steps: 500, out: run }));
    const same = ['--hidden', '8,8', '--seed', '0', '--n-step', '1', '--out', path.relative('.', run)];
    await done('train', '--resume', run, '--config', at('file.json'), ...same);
    expect(await resultOf(run)).toEqual(await resultOf(at('long')));
  });

  it('ends a run earlier than it was begun for', async () => {
    const run = await copyOf('long', 'earlier');
    await done('train', '--resume', run, '--from', '400', '--steps', '450');
    const { events, summary, config } = await resultOf(run);
    expect([summary.steps, config.steps]).toEqual([450, 450]);
    const whole = (await resultOf(at('long'))).events;
    expect(events).toEqual(whole.filter(({ step }) => step <= 450));
    // Where it stands: nothing is left to train.
    const stopped = await copyOf('long', 'where-it-stands');
    await rm(path.join(stopped, 'checkpoints', '500'), { recursive: true });
    await done('train', '--resume', stopped, '--steps', '400');
    const ended = await resultOf(stopped);
    expect([ended.summary.steps, ended.config.steps, ended.last?.step]).toEqual([400, 400, 400]);
    expect(ended.events).toEqual(whole.filter(({ step }) => step <= 400));
  });

  it('begins a run anew with them that was stopped before its first checkpoint', async () => {
    const run = await copyOf('short', 'early');
    await killEarly(run, 80);
    await done('train', '--resume', run, '--steps', '500');
    expect(await resultOf(run)).toEqual(await resultOf(at('long')));
    expect((await readJson(run, 'config.json')).changes).toMatchObject([{ step: 0 }]);
  });

  it('goes on in the form that it was begun with by a build that knew no other, as do --config and eval', async () => {
    const form = '--coordinates action --coupling-bound 0 --uniform-share 0'.split(' ');
    const [whole, run, again] = [at('published'), at('of an older build'), at('from an older build')];
    await done('train', ...FLAGS, ...form, '--steps', '300', '--out', whole);
    await done('train', ...FLAGS, ...form, '--steps', '200', '--out', run);
    const config = await readJson(run, 'config.json');
    const { coordinates, couplingBound, uniformShare, ...agent } = config.agent;
    expect([coordinates, couplingBound, uniformShare]).toEqual(['action', 0, 0]);
    const evaluation = await quietBench('eval', run, '--episodes', '2', '--stochastic');
    await writeFile(path.join(run, 'config.json'), JSON.stringify({ ...config, agent }));
    expect(await quietBench('eval', run, '--episodes', '2', '--stochastic')).toEqual(evaluation);
    await done('train', '--config', path.join(run, 'config.json'), '--steps', '300', '--out', again);
    // Messages name what the file has.
    expect(
      await quietBench('train', '--config', path.join(run, 'config.json'), '--algo', 'sac'),
    ).toMatchObject({ err: expect.stringContaining('agent.alpha is a setting of meow') });
    const { config: anew, ...trainedAnew } = await resultOf(again);
    await done('train', '--resume', run, '--steps', '300');
    const { config: resumed, ...trained } = await resultOf(run);
    const { config: expected, ...trainedWhole } = await resultOf(whole);
    expect([trained, trainedAnew]).toEqual([trainedWhole, trainedWhole]);
    expect([resumed.agent, anew.agent]).toEqual([expected.agent, expected.agent]);
  });

  it('refuses fewer than are done, and changes nothing', async () => {
    const run = await copyOf('short', 'fewer');
    const before = await outcomeOf(run);
    expect(await quietBench('train', '--resume', run, '--steps', '299')).toEqual({
      code: 2,
      out: '',
      err: `meow-bench: ${run} has trained 300 steps already, and --steps 299 was given. Give at least 300, or go back with --from: 200, 100.\n`,
    });
    expect(await outcomeOf(run)).toEqual(before);
    expect(await readJson(run, 'config.json')).toEqual(await readJson(at('short'), 'config.json'));
  });
});

describe('train --resume of a finished run', () => {
  it('says that it is finished, and what to do', async () => {
    const run = await copyOf('short', 'finished');
    const files = ['config.json', 'metrics.jsonl', 'policy/policy.onnx'];
    const before = await Promise.all(files.map((file) => readFile(path.join(run, file))));
    expect(await done('train', '--resume', run)).toBe(
      `meow-bench: ${run} is finished: it has trained its 300 steps; its policy is exported again. ` +
        `Train it longer with: meow-bench train --resume ${run} --steps <more>\n`,
    );
    expect(await Promise.all(files.map((file) => readFile(path.join(run, file))))).toEqual(before);
    expect(await quietBench('train', '--resume', run, '--evaluate-every', '7')).toMatchObject({
      code: 2,
      err: expect.stringContaining(
        'is finished: it has trained its 300 steps, so another evaluateEvery changes nothing. Train it longer with --steps <more>.',
      ),
    });
  });
});

describe('settings on resume', () => {
  it('may change where they leave the numbers of the training alone', async () => {
    const run = await copyOf('short', 'settings');
    const flags =
      '--evaluate-every 150 --evaluation-episodes 1 --deterministic-only --checkpoint-every 70 --keep-checkpoints 2 ' +
      `--log-every 30 --no-tensorboard --workers 1 --python python3 --logger ${at('own.mjs')}`;
    await writeFile(
      at('own.mjs'),
      `import { appendFileSync } from 'node:fs';
export default ({ folder }) => ({
  log: ({ type, step }) => appendFileSync(folder + '/own.txt', type + ' ' + step + '\\n'),
  close: () => {},
});`,
    );
    await done('train', '--resume', run, '--steps', '500', ...flags.split(' '));
    const { events, policies, last, config } = await resultOf(run);
    expect(Object.keys((await readJson(run, 'config.json')).changes[0].settings).toSorted()).toEqual(
      // Of simulators in Python alone: environments/bridge.test.ts.
      RESUMABLE.filter((name) => name !== 'evaluationEnv' && name !== 'simulatorDevice').toSorted(),
    );
    expect(config).toMatchObject({ evaluateEvery: 150, logEvery: 30, noTensorboard: true, workers: 1 });
    const whole = await resultOf(at('long'));
    expect(policies).toEqual(whole.policies);
    expect(last?.tensors).toEqual(whole.last?.tensors);
    const stepsOf = (type: string) => events.filter((event) => event.type === type).map(({ step }) => step);
    expect(stepsOf('evaluation')).toEqual([100, 200, 300, 450]);
    expect(stepsOf('metrics')).toEqual([40, 80, 120, 160, 200, 240, 280, 330, 360, 390, 420, 450, 480]);
    expect(events.findLast(({ type }) => type === 'evaluation').returns).toHaveLength(1);
    // The best one is of before.
    expect((await listCheckpoints(path.join(run, 'checkpoints'))).slice(0, 2)).toEqual([500, 490]);
    const logged = await readFile(path.join(run, 'own.txt'), 'utf8');
    expect(logged).toContain('evaluation 450\n');
    expect(logged).not.toContain(' 280\n');
  });

  it.each([
    ['--alpha 0.5', 'alpha', '2.5', '0.5'],
    ['--seed 3', 'seed', '0', '3'],
    ['--threads 2', 'threads', '1', '2'],
    ['--hidden 8,9', 'hidden', '8,8', '8,9'],
    ['--num-envs 2', 'numEnvs', '1', '2'],
    ['--buffer-size 70', 'bufferSize', '1000000', '70'],
    ['--prioritized', 'prioritized', 'false', 'true'],
    ['--observation-storage float16', 'observationStorage', 'float32', 'float16'],
    ['--preset paper', 'preset', 'multi-goal-paper', 'paper'],
  ])('%s is refused by name', async (flags, name, before, now) => {
    const run = at('short');
    const { alpha } = (await readJson(run, 'config.json')).agent;
    const { bufferSize } = await readJson(run, 'config.json');
    const was = name === 'alpha' ? alpha : name === 'bufferSize' ? bufferSize : before;
    expect(await quietBench('train', '--resume', run, '--steps', '500', ...flags.split(' '))).toEqual({
      code: 2,
      out: '',
      err:
        `meow-bench: ${name} can't change on resume: ${run} was trained with ${was} so far, and ${now} was given. ` +
        `Leave it out, or begin a new run with --config ${path.join(run, 'config.json')} and --out; what may change is ${RESUMABLE.join(', ')}.\n`,
    });
  });

  it('another folder is refused, and so is --force', async () => {
    const run = at('short');
    expect(await quietBench('train', '--resume', run, '--out', at('other'))).toMatchObject({
      code: 2,
      err: expect.stringContaining(`out can't change on resume: the run stays in ${run}, and`),
    });
    expect(await quietBench('train', '--resume', run, '--force')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--resume goes on with a run, which --force replaces'),
    });
    expect((await quietBench('train', '--from', '3')).err).toContain('--from goes with --resume');
  });

  it('that contradict each other are refused as ever', async () => {
    const { code, err } = await quietBench('train', '--resume', at('short'), '--steps', '50');
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('warmup 50 leaves nothing to learn in 50 steps'),
    ]);
  });

  it('are in the help', async () => {
    const { out } = await quietBench('train', '--help');
    expect(out).toContain(
      '--steps --evaluate-every --evaluation-episodes --evaluation-env --deterministic-only --checkpoint-every --keep-checkpoints',
    );
  });
});

describe('logs on resume', () => {
  it('that are cut name the checkpoint that they still reach', async () => {
    const run = await copyOf('short', 'cut');
    const metrics = path.join(run, 'metrics.jsonl');
    const { values } = await readCheckpoint(path.join(run, 'checkpoints', '100'));
    const log = values['log'] as Record<string, number>;
    const bytes = await readFile(metrics);
    await writeFile(metrics, bytes.subarray(0, (log['metrics.jsonl'] ?? 0) + 3));
    const { code, err } = await quietBench('train', '--resume', run, '--steps', '500');
    expect(code).toBe(1);
    expect(err).toMatch(
      /^meow-bench: \S+metrics\.jsonl has \d+ bytes, expected at least \d+ as when the checkpoint was written\. .*Take 100 with --from 100: 200 steps are then lost\. Checkpoint 300 itself is whole: .* --from 300 --new-log; .*\n$/,
    );
    expect((await readJson(run, 'config.json')).steps).toBe(300);
    await done('train', '--resume', run, '--from', '100', '--steps', '500');
    expect(await resultOf(run)).toEqual(await resultOf(at('long')));
  });

  it('with a damaged line do so too, before anything changes', async () => {
    const run = await copyOf('short', 'damaged-line');
    const metrics = path.join(run, 'metrics.jsonl');
    const lines = (await readFile(metrics, 'utf8')).split('\n');
    const line = lines.findLastIndex((text) => text.includes('"step":2')) + 1;
    lines[line] = '#'.repeat(lines[line]?.length ?? 0);
    await writeFile(metrics, lines.join('\n'));
    const before = await outcomeOf(at('short'));
    const { code, err } = await quietBench('train', '--resume', run);
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(
        new RegExp(`line ${line + 1} of \\S+metrics\\.jsonl is damaged\\. .*Take 200 with --from 200`),
      ),
    ]);
    expect(await outcomeOf(run).catch(() => 'no events')).toBe('no events');
    await done('train', '--resume', run, '--from', '200');
    expect(await outcomeOf(run)).toEqual(before);
  });

  it('of which the event file is lost can be gone on with without one', async () => {
    const run = await copyOf('short', 'no-events');
    const { values } = await readCheckpoint(path.join(run, 'checkpoints', '300'));
    const name = Object.keys(values['log'] as object).find((file) => file.startsWith('events.')) ?? '';
    await rm(path.join(run, name));
    expect((await quietBench('train', '--resume', run, '--steps', '500')).err).toContain(
      `${name} has 0 bytes`,
    );
    await done('train', '--resume', run, '--steps', '500', '--no-tensorboard');
    expect((await resultOf(run)).events).toEqual((await resultOf(at('long'))).events);
  });
});
