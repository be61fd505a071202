import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { readPolicyFile } from '@meow-rl/export/node';
import { evaluate, seedFor } from '@meow-rl/train';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { makePlayground } from '../environments/evaluation-environments.ts';
import { openRun } from '../runs/saved-run.ts';
import { killEarly } from '../testing/killed-early.ts';
import { TINY_AGENT, bench } from '../testing/run-bench.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'meow-bench-'));
});
afterAll(() => rm(folder, { recursive: true }));

const inFolder = (...parts: string[]): string => path.join(folder, ...parts);

const small = [...TINY_AGENT, '--log-every', '50'];
const train = (name: string, ...more: string[]) =>
  bench(
    'train',
    '--steps',
    '200',
    '--warmup',
    '100',
    ...small,
    '--evaluate-every',
    '150',
    '--evaluation-episodes',
    '2',
    '--out',
    inFolder(name),
    ...more,
  );

/** What a file computes, with its weights; what was measured of it depends on the observations that were taken. */
const graphOf = async (...file: string[]) => (await readPolicyFile(inFolder(...file))).decoded.model.graph;

/** The lines of a metrics file without what the clock decides. */
async function metricsOf(name: string): Promise<unknown[]> {
  const text = await readFile(inFolder(name, 'metrics.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const { time, ...timeless }: Record<string, unknown> = JSON.parse(line);
      expect(time === undefined || typeof time === 'object').toBe(true);
      return timeless;
    });
}

const isEvaluation = (event: unknown): boolean => Object(event).type === 'evaluation';

const returnsOf = async (source: string): Promise<number[]> =>
  JSON.parse((await bench('eval', source, '--episodes', '5', '--json')).out).returns;

const observationsOf = ({ out }: { out: string }): number[] =>
  JSON.parse(out).files.map((file: { observations: number }) => file.observations);

describe('train, eval and export', () => {
  test('train leaves settings, metrics, a policy and a summary', async () => {
    const { code, out, err } = await train('a', '--seed', '5', '--json');
    expect(err).toBe('');
    expect(code).toBe(0);
    const summary = JSON.parse(await readFile(inFolder('a', 'summary.json'), 'utf8'));
    expect(summary).toMatchObject({
      algorithm: 'meow',
      environment: 'MultiGoal-v0',
      seed: 5,
      steps: 200,
      updates: 100,
    });
    expect(summary.verifyMaxError).toBeLessThan(1e-5);
    expect(JSON.parse(out)).toEqual({ run: inFolder('a'), ...summary });
    const config = JSON.parse(await readFile(inFolder('a', 'config.json'), 'utf8'));
    expect(config).toMatchObject({
      seed: 5,
      preset: 'multi-goal-paper',
      agent: { tau: 0.0005, hidden: [8, 8] },
    });
    const metrics = (await metricsOf('a')) as { type: string; step: number }[];
    expect(metrics.filter(({ type }) => type === 'metrics').map(({ step }) => step)).toEqual([
      50, 100, 150, 200,
    ]);
    expect(metrics.filter(({ type }) => type === 'evaluation').map(({ step }) => step)).toEqual([150]);
  });

  test('the same seed gives the same metrics, another seed others', async () => {
    await train('b', '--seed', '5');
    await train('c', '--seed', '6');
    expect(await metricsOf('b')).toEqual(await metricsOf('a'));
    expect(await metricsOf('c')).not.toEqual(await metricsOf('a'));
  });

  test('a run’s config.json can be trained again', async () => {
    const { code } = await bench(
      'train',
      '--config',
      inFolder('a', 'config.json'),
      '--out',
      inFolder('again'),
    );
    expect(code).toBe(0);
    expect(await metricsOf('again')).toEqual(await metricsOf('a'));
  });

  test('learner threads and pipeline are kept with the run, which can be played and exported', async () => {
    const threaded = ['--seed', '5', '--learner-threads', '2'];
    expect(await train('threaded', ...threaded)).toMatchObject({ code: 0 });
    expect(await train('pipelined', ...threaded, '--pipeline')).toMatchObject({ code: 0 });
    const config = JSON.parse(await readFile(inFolder('pipelined', 'config.json'), 'utf8'));
    expect(config).toMatchObject({ learnerThreads: 2, pipeline: true });
    expect(await metricsOf('pipelined')).not.toEqual(await metricsOf('threaded'));
    await bench(
      'train',
      '--config',
      inFolder('pipelined', 'config.json'),
      '--out',
      inFolder('pipelined-again'),
    );
    expect(await metricsOf('pipelined-again')).toEqual(await metricsOf('pipelined'));
    expect(await bench('eval', inFolder('pipelined'), '--episodes', '1')).toMatchObject({ code: 0 });
    expect(await bench('export', inFolder('pipelined'))).toMatchObject({ code: 0 });
  });

  test('a logger of one’s own gets the run and its events', async () => {
    await writeFile(
      inFolder('logger.mjs'),
      `import { appendFileSync } from 'node:fs';
export default ({ folder, settings }) => ({
  log: ({ type }) => type === 'progress' || appendFileSync(folder + '/own.txt', settings.env + ' ' + type + '\\n'),
  close: () => appendFileSync(folder + '/own.txt', 'closed'),
});`,
    );
    expect(await train('logged', '--logger', inFolder('logger.mjs'))).toMatchObject({ code: 0 });
    const logged = (await readFile(inFolder('logged', 'own.txt'), 'utf8')).split('\n');
    const lines = (await readFile(inFolder('logged', 'metrics.jsonl'), 'utf8')).trim().split('\n');
    expect(logged).toEqual([...lines.map((line) => `MultiGoal-v0 ${JSON.parse(line).type}`), 'closed']);

    await writeFile(inFolder('none.mjs'), 'export const logger = 1;');
    const none = await train('unlogged', '--logger', inFolder('none.mjs'));
    expect(none).toMatchObject({
      code: 2,
      err: expect.stringContaining('has no function as default export'),
    });
    const missing = await train('unlogged', '--logger', inFolder('missing.mjs'), '--force');
    expect(missing).toMatchObject({ code: 2, err: expect.stringContaining("missing.mjs can't be imported") });
  });

  test('a logger named by a relative path is found again from another folder', async () => {
    await writeFile(
      inFolder('counting.mjs'),
      `import { appendFileSync } from 'node:fs';
export default ({ folder }) => ({ log: () => {}, close: () => appendFileSync(folder + '/own.txt', 'closed\\n') });`,
    );
    const cwd = vi.spyOn(process, 'cwd').mockReturnValue(folder);
    expect(await train('relative', '--logger', './counting.mjs')).toMatchObject({ code: 0 });
    cwd.mockRestore();
    const config = JSON.parse(await readFile(inFolder('relative', 'config.json'), 'utf8'));
    expect(config.logger).toBe(inFolder('counting.mjs'));
    expect(await bench('train', '--resume', inFolder('relative'))).toMatchObject({ code: 0 });
    expect(await readFile(inFolder('relative', 'own.txt'), 'utf8')).toBe('closed\nclosed\n');
  });

  test('pipeline without learner threads is refused, and so are more threads than rows', async () => {
    const { code, err } = await train('none', '--pipeline', '--parallel', 'off');
    expect(code).toBe(2);
    expect(err).toContain('Add --learner-threads 1');
    const many = await train('none', '--learner-threads', '17');
    expect(many.code).toBe(2);
    expect(many.err).toContain(
      "17 learner threads can't share a batch of 16. Give at most 16, and no more than there are cores.",
    );
  });

  test('eval plays the saved policy', async () => {
    const first = await bench('eval', inFolder('a'), '--episodes', '3', '--json');
    const second = await bench('eval', inFolder('a'), '--episodes', '3', '--json');
    const { returns, mean, step } = JSON.parse(first.out);
    expect(returns).toHaveLength(3);
    expect(mean).toBeCloseTo((returns[0] + returns[1] + returns[2]) / 3);
    expect(step).toBe(200);
    expect(second.out).toBe(first.out);
    const stochastic = await bench('eval', inFolder('a'), '--episodes', '3', '--stochastic');
    expect(stochastic.out).toContain('sampled');
  });

  test('eval plays an exported policy as it plays the run', async () => {
    const ofRun = JSON.parse((await bench('eval', inFolder('a'), '--episodes', '2', '--json')).out);
    const file = inFolder('a', 'policy', 'policy.onnx');
    const ofFile = JSON.parse((await bench('eval', file, '--episodes', '2', '--json')).out);
    expect(ofFile.mean).toBeCloseTo(ofRun.mean, 2);
    expect(ofFile.step).toBe(200);
    expect((await bench('eval', file, '--stochastic')).err).toContain('Leave --stochastic out.');
  });

  test('eval plays an exported policy as it plays the run where actions have other bounds than ±1', async () => {
    const task = ['--env', 'InvertedPendulum-v5', '--workers', '0'];
    expect(await train('pendulum', ...task)).toMatchObject({ code: 0 });
    const ofRun = await returnsOf(inFolder('pendulum'));
    expect(await returnsOf(inFolder('pendulum', 'policy', 'policy.onnx'))).toEqual(ofRun);
    expect(new Set(ofRun).size).toBeGreaterThan(1);
  });

  test('the averaged policy is the one that is exported and evaluated', async () => {
    await train('averaged', '--seed', '5', '--policy', 'averaged');
    const averaged = await graphOf('averaged', 'policy', 'policy.onnx');
    expect(averaged).not.toEqual(await graphOf('a', 'policy', 'policy.onnx'));
    await bench('export', inFolder('averaged'), '--out', inFolder('averaged-again'));
    expect(await graphOf('averaged-again', 'policy.onnx')).toEqual(averaged);
    // What is evaluated on the way is the average too, and leaves the training alone.
    const [last, average] = [await metricsOf('a'), await metricsOf('averaged')];
    expect(average.filter((event) => !isEvaluation(event))).toEqual(
      last.filter((event) => !isEvaluation(event)),
    );
    expect(average.filter(isEvaluation)).not.toEqual(last.filter(isEvaluation));
  });

  test('a run of one thread goes on with --parallel off, which leaves only evaluations to be changed', async () => {
    const config = await readFile(inFolder('a', 'config.json'), 'utf8');
    expect(JSON.parse(config)).toMatchObject({ parallel: 'auto', learnerThreads: 0, workers: 0 });
    const { code, err } = await bench('train', '--resume', inFolder('a'), '--parallel', 'off');
    expect([code, err]).toEqual([0, expect.stringContaining('is finished: it has trained its 200 steps')]);
    expect(await readFile(inFolder('a', 'config.json'), 'utf8')).toBe(config);
  });

  test.each([['--learner-threads 2'], ['--learner-threads 1 --pipeline']])(
    'evaluations of the averaged policy leave a training with %s alone',
    async (threads) => {
      const events = async (policy: string) => {
        const name = `${policy} ${threads}`;
        const flags = `--seed 5 --policy ${policy} ${threads} --evaluate-every 120`;
        expect(await train(name, ...flags.split(' '))).toMatchObject({ code: 0 });
        return (await metricsOf(name)).filter((event) => !isEvaluation(event));
      };
      expect(await events('averaged')).toEqual(await events('last'));
    },
  );

  test('the averaged policy is evaluated by the parameters that a checkpoint of the step has', async () => {
    const flags = '--seed 5 --policy averaged --evaluate-every 200 --evaluation-episodes 3';
    await train('averaged-last', ...flags.split(' '));
    const { agent, settings } = await openRun(inFolder('averaged-last'), {});
    const plan = { episodes: 3, episodesInAll: 3, parallel: 'off' } as const;
    const env = await makePlayground(settings, agent.agent, plan);
    const { mean } = await evaluate({
      actor: agent.agent,
      env,
      episodes: 3,
      deterministic: true,
      seed: seedFor('evaluation', 5) + 200,
    });
    await env.close?.();
    await agent.unwrapped.dispose();
    const evaluations = (await metricsOf('averaged-last')).filter(isEvaluation);
    expect(evaluations).toMatchObject([{ step: 200, mean: expect.closeTo(mean, 3) }]);
  });

  test('export writes the files that train wrote', async () => {
    const { code, out } = await bench('export', inFolder('a'), '--out', inFolder('policy'));
    expect(code).toBe(0);
    expect(out).toContain(inFolder('policy', 'policy.onnx'));
    for (const name of ['policy.onnx', 'policy-stochastic.onnx', 'critic.onnx'])
      expect(await graphOf('policy', name)).toEqual(await graphOf('a', 'policy', name));
  });

  test('export verifies on observations of the run, or says that it can’t', async () => {
    const argv = ['export', inFolder('a'), '--out', inFolder('verified'), '--json'];
    const all = await bench(...argv);
    expect(all).toMatchObject({ code: 0, err: '' });
    expect(observationsOf(all)).toEqual([200, 64, 64]);
    expect(observationsOf(await bench(...argv, '--observations', '50'))).toEqual([50, 50, 50]);

    const replay = inFolder('a', 'checkpoints', 'replay');
    await rename(replay, `${replay}-away`);
    const blind = await bench(...argv);
    await rename(`${replay}-away`, replay);
    expect(blind.code).toBe(0);
    expect(blind.err).toMatch(
      /the files are verified on random observations, those of the run can't be read: replay: chunk .* is missing/,
    );
    expect(observationsOf(blind)).toEqual([1000, 64, 64]);
  });
});

describe('bad input', () => {
  test.each([
    [
      ['train', '--env', 'MultiGaol-v0'],
      2,
      /there is no environment MultiGaol-v0\. Did you mean MultiGoal-v0\?/,
    ],
    [['train', '--preset', 'nothing'], 2, /there is no preset nothing\. .*multi-goal-paper/],
    [['train', '--steps', '500'], 2, /warmup 1000 leaves nothing to learn in 500 steps/],
    [['train', '--log-sigma-min', '3'], 2, /logSigmaMin must be less than logSigmaMax/],
    [
      ['train', '--layers', 'affine'],
      2,
      /^meow-bench: a run plays and exports its deterministic action\. With layers affine .* Set deterministic to best-of-k, or layers to additive\./,
    ],
    [['train', '--candidates', '4'], 2, /candidates 4 has no effect with deterministic mode\. Leave it out/],
    [
      ['train', '--steps', '1100', '--updates-per-step', '0.005'],
      2,
      /warmup 1000 and updatesPerStep 0\.005 make no update in 1100 steps\. Give more steps, or more updates per step\./,
    ],
    [
      ['train', '--algo', 'td3', '--env', 'Pendulum-v1', '--steps', '10099', '--policy-delay', '100'],
      2,
      /policyDelay 100 .* 99 updates/,
    ],
  ])('%s', async (argv, expected, message) => {
    const { code, err } = await bench(...argv);
    expect(code).toBe(expected);
    expect(err).toMatch(message);
    expect(err.trim().split('\n')).toHaveLength(1);
  });

  test('a folder that cannot be written', async () => {
    await writeFile(inFolder('file'), '');
    const { code, err } = await train('file/run');
    expect(code).toBe(1);
    expect(err).toMatch(/can't write to .* Give another folder with --out\./);
  });

  test('a folder that holds a run already', async () => {
    const { code, err } = await train('a');
    expect(code).toBe(2);
    expect(err).toContain('already holds a run');
  });

  test('a damaged checkpoint', async () => {
    const file = inFolder('c', 'checkpoints', '200', 'tensors.safetensors');
    const bytes = await readFile(file);
    await writeFile(file, bytes.subarray(0, bytes.length - 5));
    const { code, err } = await bench('eval', inFolder('c'));
    expect(code).toBe(1);
    expect(err).toMatch(/checkpoint .*200 is damaged: tensors\.safetensors has checksum/);
    expect(err).toMatch(/Take 150 with --checkpoint 150: 50 steps are then lost\.\n$/);
    await killEarly(inFolder('c'), 40);
    expect((await bench('eval', inFolder('c'))).err).toContain(
      'has no checkpoint: the run was stopped before its first one. Train it with: meow-bench train --resume',
    );
  });

  test('a damaged ONNX file', async () => {
    const bytes = await readFile(inFolder('a', 'policy', 'policy.onnx'));
    await writeFile(inFolder('bad.onnx'), bytes.subarray(0, 1000));
    const { code, err } = await bench('eval', inFolder('bad.onnx'));
    expect(code).toBe(1);
    expect(err).toMatch(
      /bad\.onnx: it is no ONNX file or is damaged \(1000 bytes\)\. Give a policy\.onnx, .* or export it again\.\n$/,
    );
  });

  test('training that diverges names the step and the term', async () => {
    // The published form: bounds keep Q finite for longer.
    const published = ['--coordinates', 'action', '--coupling-bound', '0', '--uniform-share', '0'];
    const { code, err } = await train('diverged', '--learning-rate', '1e10', ...published);
    expect(code).toBe(1);
    expect(err).toMatch(
      /at step 102: meow: the soft Q became \S+ in update 2\. Training has diverged: lower learningRate/,
    );
  });

  test('a checkpoint of other networks', async () => {
    const file = inFolder('b', 'config.json');
    const config = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...config, agent: { ...config.agent, hidden: [9, 8] } }));
    const { code, err } = await bench('export', inFolder('b'));
    expect(code).toBe(1);
    expect(err).toMatch(/does not fit the agent \(.*\)\. .*restore the config\.json of that run/);
  });

  test('a checkpoint of an exported policy, which has none', async () => {
    const file = inFolder('a', 'policy', 'policy.onnx');
    expect(await bench('eval', file, '--checkpoint', 'best')).toMatchObject({
      code: 2,
      err: `meow-bench: ${file} is an exported policy, and checkpoint best is of a run. Leave --checkpoint out, or give the folder of the run.\n`,
    });
  });

  test('a file of a run in place of its folder', async () => {
    const file = inFolder('a', 'config.json');
    expect(await bench('eval', file)).toMatchObject({
      code: 2,
      err: `meow-bench: ${file} is a file, and no folder of a run. Give the folder that "meow-bench train" wrote.\n`,
    });
  });

  test('a folder without a run', async () => {
    const { code, err } = await bench('eval', folder);
    expect(code).toBe(2);
    expect(err).toContain('holds no run');
  });
});
