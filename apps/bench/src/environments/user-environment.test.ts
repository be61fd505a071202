import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { decodeRecording } from '@meow-rl/envs-mujoco/render';
import { loadPolicy } from '@meow-rl/export';
import { describe, expect, onTestFinished, test } from 'vitest';

import { startBench } from '../testing/start-bench.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { TINY_AGENT, bench } from '../testing/run-bench.ts';

/** A project of a user, which is the working directory until the test has finished. */
async function project(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  if (!Object.keys(files).some((name) => name.startsWith('node_modules')))
    await symlink(
      fileURLToPath(new URL('../../node_modules', import.meta.url)),
      path.join(folder, 'node_modules'),
    );
  const before = process.cwd();
  process.chdir(folder);
  onTestFinished(() => process.chdir(before));
  return folder;
}

/** The examples of the documentation, by the file that their first line names. */
async function documented(): Promise<Record<string, string>> {
  const page = await readFile(new URL('../../../../docs/environments.md', import.meta.url), 'utf8');
  const blocks = page.matchAll(/```ts\n(\/\/ ([\w-]+\.ts).*?)```/gs);
  return Object.fromEntries([...blocks].map(([, code = '', name = '']) => [name, code]));
}

const small = [...TINY_AGENT, '--warmup', '60', '--log-every', '50'];
const short = [
  ...small,
  '--steps',
  '120',
  '--checkpoint-every',
  '60',
  '--evaluate-every',
  '120',
  '--evaluation-episodes',
  '1',
];
const shorter = [...short, '--max-steps', '20'];
const point = ['train', '--env', './my-env.ts#makeEnv', ...shorter, '--num-envs', '3', '--quiet', '--out'];

const json = async (file: string): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(file, 'utf8'));

/** What a run logged, without what the clock decides. */
async function eventsOf(run: string): Promise<unknown[]> {
  const lines = (await readFile(path.join(run, 'metrics.jsonl'), 'utf8')).trim().split('\n');
  return lines.map((line) => {
    const { time: _, ...event }: Record<string, unknown> = JSON.parse(line);
    return event;
  });
}

/** Steps of the first episode that `eval` plays. */
const episodeLength = async (run: string) => JSON.parse((await bench('eval', run, '--json')).out).lengths[0];
const trainLimited = (...more: string[]) =>
  bench('train', '--env', './limited.ts', ...short, '--force', '--out', 'run', ...more);

describe('an environment of one’s own', () => {
  test('is trained, goes on, is evaluated and exported, from any folder', async () => {
    const folder = await project(await documented());
    const trained = await bench(
      'train',
      '--env',
      './my-env.ts#makeEnv',
      '--seed',
      '2',
      ...short,
      '--deterministic-only',
    );
    expect(trained.err).not.toContain('meow-bench:');
    expect(trained.code).toBe(0);
    expect(trained.out).toContain('Point-v0 is trained with the general preset, mujoco; ');
    expect(trained.out).toContain(
      'Point-v0 gives no time limit; episodes end after 1000 steps (--max-steps)',
    );
    const run = path.join(folder, 'runs', 'Point-v0', 'meow', 'seed-2');
    expect(await json(path.join(run, 'config.json'))).toMatchObject({
      env: `${pathToFileURL(path.join(folder, 'my-env.ts')).href}#makeEnv`,
      environment: 'Point-v0',
      maxSteps: 1000,
      preset: 'mujoco',
    });
    expect(await json(path.join(run, 'summary.json'))).toMatchObject({ environment: 'Point-v0' });

    process.chdir(path.dirname(folder));
    const whole = await eventsOf(run);
    const env = `${path.join(folder, 'my-env.ts')}#makeEnv`;
    expect(await bench('train', '--resume', run, '--from', '60', '--env', env)).toMatchObject({ code: 0 });
    expect(await eventsOf(run)).toEqual(whole);

    const ofRun = await bench('eval', run, '--episodes', '2', '--max-steps', '50', '--json');
    expect(JSON.parse(ofRun.out)).toMatchObject({ environment: 'Point-v0', step: 120 });
    expect(await bench('export', run, '--out', path.join(folder, 'policy'))).toMatchObject({ code: 0 });
    const policy = path.join(folder, 'policy', 'policy.onnx');
    const { metadata, dispose } = await loadPolicy(policy);
    await dispose();
    expect(metadata.environment).toBe('Point-v0');
    const other = await bench('eval', run, '--env', 'Hopper-v5');
    expect(other.err).toMatch(
      /does not fit Hopper-v5 .*\. Name the environment that it was trained in, or leave --env out\./,
    );
    const otherFile = await bench('eval', policy, '--env', 'InvertedPendulum-v5');
    expect(otherFile.err).toMatch(
      /the policy takes 1 observations and gives 1 actions, InvertedPendulum-v5 has 4 and 1/,
    );
    expect(await bench('eval', policy)).toMatchObject({
      code: 2,
      err: expect.stringContaining('Point-v0, which is none of the known environments. Name the module'),
    });
    const ofFile = await bench(
      'eval',
      policy,
      '--env',
      env,
      '--episodes',
      '2',
      '--max-steps',
      '50',
      '--json',
    );
    expect(JSON.parse(ofFile.out).mean).toBeCloseTo(JSON.parse(ofRun.out).mean, 2);
    const compared = await bench('compare', run, '--out', path.join(folder, 'comparison'));
    expect(compared.out).toContain(path.join(folder, 'comparison', 'Point-v0.svg'));
  });

  test('gives the same in worker threads, TypeScript and all', async () => {
    const folder = await project(await documented());
    expect(await bench(...point, 'here')).toMatchObject({ code: 0, err: '' });
    expect(await bench(...point, 'threads', '--workers', '2')).toMatchObject({ code: 0, err: '' });
    expect(await eventsOf(path.join(folder, 'threads'))).toEqual(await eventsOf(path.join(folder, 'here')));
  });

  test('of MuJoCo is drawn', async () => {
    const folder = await project(await documented());
    const page = path.join(folder, 'balance.html');
    const random = await bench(
      'render',
      '--random',
      '--env',
      './balance.ts',
      '--max-steps',
      '7',
      '--out',
      page,
    );
    expect(random).toMatchObject({ code: 0, err: '' });
    const recording = await decodeRecording(
      await readFile(path.join(folder, 'balance.qpos')),
      'balance.qpos',
    );
    expect(recording).toMatchObject({ environment: 'Balance-v0', caption: 'random actions, seed 0' });
    expect(recording.rewards).toHaveLength(7);
    expect(await bench('train', '--env', './balance.ts', ...shorter, '--out', 'run')).toMatchObject({
      code: 0,
    });
    expect(await bench('render', 'run')).toMatchObject({ code: 0, err: '' });
    expect(await readFile(path.join(folder, 'run', 'replay.html'), 'utf8')).toContain(
      '<title>Balance-v0 replay',
    );
  });

  test('in TypeScript is run by a process that has nothing but Node, threads and all', async () => {
    const folder = await project(await documented());
    const env = `${path.join(folder, 'my-env.ts')}#makeEnv`;
    const { code, err } = await startBench(
      'train',
      '--env',
      env,
      ...shorter,
      '--workers',
      '1',
      '--out',
      'run',
    ).ended;
    expect(err).toBe('');
    expect(code).toBe(0);
  });

  test('of MuJoCo is timed', async () => {
    await project(await documented());
    const quick = ['--seconds', '0.02', '--rounds', '1', '--num-envs', '2', '--workers', '1'];
    const speed = JSON.parse((await bench('env-speed', '--envs', './balance.ts', ...quick, '--json')).out);
    const [row] = speed.rows;
    expect(row).toMatchObject({ id: 'Balance-v0', gymnasium: { error: 'it has no Balance-v0' } });
    expect(row.thread.env / row.thread.bare).toBeCloseTo(row.thread.ratio, 6);
    expect(row.vector.all).toBeGreaterThan(0);
  });

  test('ends episodes where its module says, or the user', async () => {
    await project({
      ...(await documented()),
      'limited.ts': `import { makeEnv } from './my-env.ts';\nexport default { create: makeEnv, maxSteps: 9 };`,
    });
    const { out } = await trainLimited();
    expect(out).not.toContain('time limit');
    expect(await episodeLength('run')).toBe(9);
    await trainLimited('--max-steps', '5');
    expect(await episodeLength('run')).toBe(5);
    expect(JSON.parse((await bench('eval', 'run', '--max-steps', '3', '--json')).out).lengths[0]).toBe(3);
  });

  test('comes from a package, also after an update of it', async () => {
    // As pnpm lays packages out: a version has a folder of its own, and a link says which one is installed.
    const manifest = JSON.stringify({ name: 'my-package', type: 'module', exports: { import: './envs.js' } });
    const folder = await project({
      'store/1/package.json': manifest,
      'store/1/envs.js': byHand,
      'store/2/package.json': manifest,
      'store/2/envs.js': byHand.replaceAll('Hand-v0', 'Hand-v1'),
      'node_modules/.modules.yaml': '',
    });
    const link = path.join(folder, 'node_modules', 'my-package');
    await symlink(path.join(folder, 'store', '1'), link);
    const { code, err } = await bench('train', '--env', 'my-package#make', ...shorter, '--out', 'run');
    expect(code).toBe(0);
    expect(err).toContain("state() isn't offered by this environment");
    const { env } = await json(path.join(folder, 'run', 'config.json'));
    expect(env).toBe(`${pathToFileURL(path.join(link, 'envs.js')).href}#make`);
    await rm(path.join(folder, 'store', '1'), { recursive: true });
    await rm(link);
    await symlink(path.join(folder, 'store', '2'), link);
    const evaluated = await bench('eval', 'run', '--episodes', '1', '--json');
    expect(JSON.parse(evaluated.out)).toMatchObject({ step: 120, lengths: [20] });
  });

  test('that gives no state is trained and played, and goes on in new episodes, which is said once', async () => {
    await project({ 'by-hand.mjs': byHand });
    const trained = await bench('train', '--env', './by-hand.mjs#make', ...shorter, '--out', 'run');
    expect(trained.code).toBe(0);
    expect(trained.err).toContain(
      'checkpoints are saved without it: if this run stops, all that was learned goes on, in new episodes, and not to the same bits',
    );
    expect(await bench('eval', 'run', '--max-steps', '4')).toMatchObject({ code: 0 });
    expect(await bench('export', 'run')).toMatchObject({ code: 0, err: '' });
    const before = await eventsOf('run');
    const resumed = await bench('train', '--resume', 'run', '--from', '60');
    expect(resumed.code).toBe(0);
    const said = /the environments could not be saved: they go on in new episodes, with seed (\d+)/.exec(
      resumed.err,
    );
    const after = await eventsOf('run');
    const at = after.findIndex(isRestart);
    expect(after[at]).toEqual({ type: 'restart', step: 60, environmentSeed: Number(said?.[1]) });
    expect(after.slice(0, at)).toEqual(before.slice(0, at));
    expect(after.filter(isRestart)).toHaveLength(1);
    expect(after.at(-1)).toMatchObject({ type: 'evaluation', step: 120 });
    // The same again, and what it did before it is still read.
    await bench('train', '--resume', 'run', '--from', '60');
    expect(await eventsOf('run')).toEqual(after);
    expect(await bench('train', '--resume', 'run', '--steps', '140')).toMatchObject({ code: 0 });
  });
});

const isRestart = (event: unknown) => JSON.stringify(event).includes('restart');

/** An environment without any package of ours: the contract alone. */
const byHand = `
const box = (bound) => ({
  shape: [1], size: 1, low: Float64Array.of(-bound), high: Float64Array.of(bound),
  contains: () => true, sample: (_, out) => out, clip: (value) => value, validate: () => {},
});
export const make = () => ({
  id: 'Hand-v0', observationSpace: box(9), actionSpace: box(1),
  reset: () => ({ observation: Float64Array.of(0), info: {} }),
  step: ([a]) => ({ observation: Float64Array.of(a), reward: a, terminated: false, truncated: false, info: {} }),
  close: () => {},
});
export const singleton = make();
export const same = () => singleton;
export const number = 3;
export const nothing = () => {};
export const noStep = () => ({ ...make(), step: undefined });
export const gymnasiumSpace = () => ({ ...make(), actionSpace: { low: [-1], high: [1], shape: [1] } });
export const halfState = () => ({ ...make(), state: () => ({}) });
export const known = () => ({ ...make(), id: 'HalfCheetah-v5' });
export const unbounded = () => ({ ...make(), actionSpace: box(Infinity) });
export const narrow = () => ({ ...make(), actionSpace: { ...box(1), low: Float64Array.of(1e9), high: Float64Array.of(1e9 + 1) } });
export const broken = async () => { throw new Error('the robot is out.'); };
export const endless = { create: make, maxSteps: Infinity };
export const noClose = () => ({ ...make(), close: () => { throw new Error('the door is stuck.'); } });
export const never = () => new Promise(() => {});
`;

describe('a module that won’t do', () => {
  const correct = 'Correct the module, or name another export after the #.';
  test.each([
    [
      './gone.mjs#make',
      /there is no module \.\/gone\.mjs, looked for at \/.*gone\.mjs\. Name a file, relative/,
    ],
    ['no-package#make', /there is no package no-package to be found from .*\. Name a file/],
    ['own.mjs#make', /there is no package own\.mjs\. For the file write --env \.\/own\.mjs#make\./],
    ['own.mjs', /there is no package own\.mjs\. For the file write --env \.\/own\.mjs\./],
    [
      'No-such-v0',
      /there is no environment No-such-v0\. Known: MultiGoal-v0, .*; or a module of your own, as/,
    ],
    ['#make', /--env #make names no module\. Name one before the #/],
    [
      'file://bad host/own.mjs#make',
      /file:\/\/bad host\/own\.mjs is no URL of a file \(.*\)\. Write it as file:/,
    ],
    ['./own.mjs#noClose', /close\(\) of Hand-v0 failed: the door is stuck\. Correct the module/],
    ['./own.mjs#', /--env \.\/own\.mjs# names no export\. Name one after the #/],
    ['./own.mjs#mak', new RegExp(`own\\.mjs has no export mak\\. It exports .*make.*\\. ${correct}`)],
    ['./own.mjs', /own\.mjs has no export default\./],
    [
      './own.mjs#number',
      /number of \/.*own\.mjs is 3, expected a function that gives an Env, or \{ create, maxSteps \}/,
    ],
    ['./own.mjs#singleton', /singleton of .* is an object, expected a function/],
    ['./own.mjs#nothing', /nothing of .* gave nothing, expected an environment\. Give an Env/],
    ['./own.mjs#noStep', /noStep of .* gave an environment whose step is nothing, expected a function/],
    ['./own.mjs#gymnasiumSpace', /whose actionSpace is an object, expected a Box, as box\(/],
    ['./own.mjs#halfState', /whose restore is nothing, expected a function: state and restore go together/],
    [
      './own.mjs#known',
      /calls itself HalfCheetah-v5, which is the name of another\. Give it an id of its own/,
    ],
    ['./own.mjs#unbounded', /Hand-v0: entry 0 of the action has an infinite bound/],
    [
      './own.mjs#narrow',
      /action entry 0 is in \[1000000000, 1000000001\], where float32, .* scaled, for instance to \[-1, 1\]/,
    ],
    ['./own.mjs#broken', /broken of .* failed: the robot is out\. Correct the module/],
    ['./own.mjs#endless', /maxSteps is Infinity, expected a positive integer\. Give the steps/],
    ['./own.mjs#same', /same of .* gave the same environment twice\. Make a new one at every call\./],
    ['./torn.mjs', /torn\.mjs can't be imported: .*\. Correct the module/],
  ])('%s', async (env, message) => {
    await project({ 'own.mjs': byHand, 'torn.mjs': 'export default (' });
    const { code, err } = await bench('train', '--env', env, ...shorter, '--out', 'run');
    expect(err).toMatch(message);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });

  test('never gives what it promised', async () => {
    const folder = await project({ 'own.mjs': byHand });
    const env = `${path.join(folder, 'own.mjs')}#never`;
    const { code, err } = await startBench('train', '--env', env, ...shorter, '--out', 'run').ended;
    expect(err).toContain('stopped, because it waits for a promise that nothing can keep any more. Look in');
    expect(code).toBe(1);
  });

  test('is no MuJoCo task', async () => {
    await project({ 'own.mjs': byHand });
    const { code, err } = await bench('render', '--random', '--env', './own.mjs#make');
    expect(code).toBe(2);
    expect(err).toMatch(/Hand-v0 is no MuJoCo task\. Have its module give what mujocoEnv/);
  });
});

test('a module that lies where there are no packages of ours is told where it has to lie', async () => {
  const folder = await project({ 'my-env.mjs': "import '@meow-rl/envs';", 'node_modules/none.txt': '' });
  const { code, err } = await bench('train', '--env', './my-env.mjs', ...short);
  expect([code, err]).toEqual([
    2,
    `meow-bench: ${path.join(folder, 'my-env.mjs')} can't be imported: Node finds no @meow-rl/envs from there. ` +
      'Put it into the folder in which "npm install @meow-rl/bench" was run, or below it; in a clone of meow-rl into apps/bench.\n',
  ]);
});
