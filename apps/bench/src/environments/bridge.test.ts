import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { describe, expect, onTestFinished, test } from 'vitest';

import { vectorEnv } from '@meow-rl/envs';
import { PYTHON_SOURCES } from '@meow-rl/envs-isaac-bridge/node';
import { countingEnv } from '@meow-rl/envs/testing';

import { findPython } from '../../../../scripts/find-python.mjs';
import { withActions } from './bridge.ts';
import { bench, TINY_AGENT } from '../testing/run-bench.ts';
import { startBench } from '../testing/start-bench.ts';
import { temporaryFolder } from '../testing/temporary.ts';

const python = findPython() ?? '';

const short = [
  ...TINY_AGENT,
  ...'--warmup 60 --steps 160 --checkpoint-every 80 --evaluate-every 80 --evaluation-episodes 2 --log-every 40'.split(
    ' ',
  ),
  '--quiet',
];

/** What a run logged, without what the clock decides. */
async function eventsOf(run: string): Promise<Record<string, unknown>[]> {
  const lines = (await readFile(path.join(run, 'metrics.jsonl'), 'utf8')).trim().split('\n');
  return lines.map((line) => {
    const { time: _, ...event }: Record<string, unknown> = JSON.parse(line);
    return event;
  });
}

/** A server that somebody else has started. */
async function runningServer(argv: string, cwd?: string) {
  const server = spawn(python, ['-m', 'meow_isaac_bridge', ...argv.split(' ')], {
    ...(cwd !== undefined && { cwd }),
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, PYTHONPATH: PYTHON_SOURCES },
  });
  onTestFinished(async () => {
    server.kill();
    await once(server, 'exit');
  });
  const line = await new Promise<string>((resolve) => {
    createInterface({ input: server.stdout }).once('line', resolve);
  });
  return { server, env: `bridge:ws://127.0.0.1:${JSON.parse(line).listening.port}` };
}

const train = (env: string, ...more: readonly string[]) =>
  bench('train', '--env', env, '--python', python, ...short, ...more);

describe('withActions', () => {
  test.each([true, false])('moves what is rounded past a bound to it, rescaled: %s', async (rescaled) => {
    const env = vectorEnv([countingEnv({ length: 9 }), countingEnv({ length: 9 })]);
    env.reset({ seed: 0 });
    const { rewards } = await withActions(env, rescaled).step(Float32Array.of(1 + 2 ** -23, -1 - 2 ** -23));
    expect([...rewards]).toEqual([1, -1]);
  });
});

/** What training says that is refused. */
const problemOf = async (env: string, ...flags: string[]) =>
  (await train(env, ...flags, '--out', path.join(await temporaryFolder(), 'run'))).err;

/** A simulator that truncates its episodes after five steps and gives no last observation of them. */
const LOSSY = `
import numpy as np
from meow_isaac_bridge import Box, Description, Observations, Step

class Lossy:
    def __init__(self, num_envs):
        unit = Box(np.full(1, -1.0), np.full(1, 1.0), "<f4")
        self.description = Description(num_envs, Box.unbounded(1), unit, "same-step", final_observations=False)
    def reset(self, seed, mask):
        self.steps = 0
        return self.observations()
    def observations(self):
        return Observations(np.full((self.description.num_envs, 1), self.steps, np.float32))
    def step(self, actions):
        self.steps = (self.steps + 1) % 5
        rows = self.description.num_envs
        return Step(self.observations(), np.ones(rows), np.zeros(rows, bool), np.full(rows, self.steps == 0))
    def close(self):
        pass

def make(num_envs, seed):
    return Lossy(num_envs)
`;

/** An environment of Gymnasium that raises in its tenth step. */
const RAISING = `
import gymnasium

class Raising(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-1, 1, (2,))
    action_space = gymnasium.spaces.Box(-1, 1, (1,))
    steps = 0
    def reset(self, *, seed=None, options=None):
        return self.observation_space.sample(), {}
    def step(self, action):
        if self.steps == 10: raise ValueError('motor burnt out')
        self.steps += 1
        return self.observation_space.sample(), 0.0, False, False, {}

gymnasium.register('Raising-v0', entry_point=Raising, max_episode_steps=50)
`;

/** An environment of Gymnasium that never ends. */
const ENDLESS = `
import gymnasium

class Endless(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-1, 1, (2,))
    action_space = gymnasium.spaces.Box(-1, 1, (1,))
    def reset(self, *, seed=None, options=None):
        return self.observation_space.sample(), {}
    def step(self, action):
        return self.observation_space.sample(), float(action[0]), False, False, {}

gymnasium.register('Endless-v0', entry_point=Endless)
`;

describe.skipIf(!python)('a simulator in Python', () => {
  // Five servers are started, which takes a minute where other work has the cores.
  test(
    'is trained in, gone on with to the same bits, evaluated and exported',
    { timeout: 180_000 },
    async () => {
      const run = path.join(await temporaryFolder(), 'run');
      const trained = await train(
        'gym:Hopper-v5',
        '--num-envs',
        '3',
        '--normalize-observations',
        '--out',
        run,
      );
      expect(trained).toMatchObject({ code: 0, err: '' });
      expect(JSON.parse(await readFile(path.join(run, 'config.json'), 'utf8'))).toMatchObject({
        env: 'gym:Hopper-v5',
        environment: 'gym:Hopper-v5',
        preset: 'hopper',
        normalizeObservations: true,
      });
      expect(await readFile(path.join(run, 'server.log'), 'utf8')).toMatch(
        /^meow_isaac_bridge: serves gym:Hopper-v5, num_envs 3, on 127\.0\.0\.1:\d+ \(meow_isaac_bridge .*, mujoco [\d.]+\)$/m,
      );
      const whole = await eventsOf(run);
      expect(whole.filter(({ type }) => type === 'evaluation')).toHaveLength(2);
      const from = whole.find(({ type }) => type === 'evaluation')?.['step'];
      expect(await bench('train', '--resume', run, '--from', String(from), '--quiet')).toMatchObject({
        code: 0,
      });
      expect(await eventsOf(run)).toEqual(whole);
      const evaluated = JSON.parse((await bench('eval', run, '--episodes', '4', '--json')).out);
      expect(evaluated).toMatchObject({ environment: 'gym:Hopper-v5', terminated: [true, true, true, true] });
      const policy = path.join(run, 'policy', 'policy.onnx');
      const again = JSON.parse(
        (await bench('eval', policy, '--python', python, '--episodes', '2', '--json')).out,
      );
      expect(again.returns[0]).toBeGreaterThan(0);
    },
  );

  test('plays agent and exported file in as many environments, whose starts may depend on their number', async () => {
    const folder = await temporaryFolder();
    const at = (name: string) => path.join(folder, name);
    const [run, called, script] = [at('run'), at('called.txt'), at('python')];
    await writeFile(script, `#!/bin/sh\necho "$@" >> '${called}'\nexec '${python}' "$@"\n`, { mode: 0o755 });
    const flags = ['--num-envs', '3', '--evaluate-every', '1000', '--python', script, '--out', run];
    expect(await bench('train', '--env', 'gym:Pendulum-v1', ...short, ...flags)).toMatchObject({ code: 0 });
    await writeFile(called, '');
    // This process knows the simulator already, and wouldn't start one to ask for its spaces.
    expect(await startBench('export', run, '--episodes', '2').ended).toMatchObject({ code: 0, err: '' });
    const servers = (await readFile(called, 'utf8')).trim().split('\n');
    expect(servers.map((argv) => / --num-envs (\d+)/.exec(argv)?.[1])).toEqual(['3', '3']);
  });

  test('that gives no state goes on in new episodes', async () => {
    const run = path.join(await temporaryFolder(), 'run');
    const first = await train('gym-vector:Hopper-v5', '--num-envs', '3', '--out', run);
    expect(first.code).toBe(0);
    // One line, in words of the command line.
    expect(first.err).toBe(
      "meow-bench: gym-vector:Hopper-v5 can't be saved: a run that is resumed goes on with all that was learned, in new episodes, and not to the same bits\n",
    );
    const resumed = await bench('train', '--resume', run, '--steps', '200', '--quiet');
    expect(resumed.code).toBe(0);
    expect(resumed.err).toMatch(
      /the environments could not be saved: they go on in new episodes, with seed \d+/,
    );
    expect((await eventsOf(run)).filter(({ type }) => type === 'restart')).toHaveLength(1);
  });

  test('that runs is trained in, with its token, and is there afterwards', async () => {
    const folder = await temporaryFolder();
    process.env['MEOW_BRIDGE_TOKEN'] = 'secret';
    onTestFinished(() => void delete process.env['MEOW_BRIDGE_TOKEN']);
    const { server, env } = await runningServer(
      'gym:Hopper-v5 --num-envs 2 --keep --clients 2 --token-env MEOW_BRIDGE_TOKEN',
    );
    const refused = await train(env, '--num-envs', '3', '--out', path.join(folder, 'none'));
    expect(refused.err).toContain(
      'has 2 environments, and 3 were asked for. Give --num-envs 2, or start the server with --num-envs 3.',
    );
    const run = path.join(folder, 'run');
    expect(await train(env, '--num-envs', '2', '--out', run)).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(await readFile(path.join(run, 'config.json'), 'utf8'))).toMatchObject({
      env,
      environment: 'gym:Hopper-v5',
      preset: 'hopper',
    });
    process.env['MEOW_BRIDGE_TOKEN'] = 'another';
    expect((await bench('eval', run, '--env', `${env}/`, '--episodes', '1')).err).toContain(
      'the token is missing or another one. Give the token that the server was started with. A token is taken from MEOW_BRIDGE_TOKEN.',
    );
    expect(server.exitCode).toBe(null);
  });

  test('that takes one client is trained in without evaluations, which another server may have', async () => {
    const run = path.join(await temporaryFolder(), 'run');
    const { env } = await runningServer('gym:Hopper-v5 --num-envs 2 --keep');
    expect(await train(env, '--num-envs', '2', '--out', run)).toMatchObject({
      code: 0,
      err: expect.stringContaining(
        `nothing is evaluated: the server of ${env} takes one client at a time, and this run is it.`,
      ),
    });
    const evaluations = async () => (await eventsOf(run)).filter(({ type }) => type === 'evaluation');
    expect(await evaluations()).toEqual([]);
    const { env: second } = await runningServer('gym:Hopper-v5 --num-envs 3 --keep');
    const more = ['--steps', '240', '--evaluation-env', second, '--quiet'];
    expect(await bench('train', '--resume', run, ...more)).toMatchObject({ code: 0, err: '' });
    expect((await evaluations()).map(({ lengths }) => lengths)).toEqual([
      [expect.any(Number), expect.any(Number)],
    ]);
  });

  test('evaluates in another simulator, which is started or runs, and has the same spaces', async () => {
    const folder = await temporaryFolder();
    const { env } = await runningServer('gym:Hopper-v5 --num-envs 2 --keep');
    const run = path.join(folder, 'run');
    const here = ['--evaluation-env', 'gym:Hopper-v5', '--out', run];
    expect(await train(env, '--num-envs', '2', ...here)).toMatchObject({ code: 0, err: '' });
    expect((await eventsOf(run)).filter(({ type }) => type === 'evaluation')).toHaveLength(2);
    expect(await readdir(run)).toContain('server-evaluation.log');
    const { env: other } = await runningServer('gym:HalfCheetah-v5 --num-envs 3 --keep');
    const there = ['--evaluation-env', other, '--out', path.join(folder, 'none')];
    expect((await train(env, '--num-envs', '2', ...there)).err).toContain(
      `${other} has observations of 17 numbers, and gym:Hopper-v5 of 11`,
    );
  });

  test('evaluates in a simulator of another autoreset mode', async () => {
    const run = path.join(await temporaryFolder(), 'run');
    const { env } = await runningServer('gym:Hopper-v5 --num-envs 2 --keep --autoreset disabled');
    const there = ['--evaluation-env', 'gym:Hopper-v5', '--evaluation-episodes', '4', '--out', run];
    expect(await train(env, '--num-envs', '2', ...there)).toMatchObject({ code: 0, err: '' });
    const evaluations = (await eventsOf(run)).filter(({ type }) => type === 'evaluation');
    // Of different lengths, so that some rows have ended while others go on.
    expect(new Set(evaluations.flatMap(({ lengths }) => lengths)).size).toBeGreaterThan(1);
  });

  test('spreads the first episodes of training, and not of evaluation', async () => {
    const run = path.join(await temporaryFolder(), 'run');
    const flags =
      '--num-envs 8 --spread-episodes --warmup 632 --steps 640 --evaluate-every 640 --checkpoint-every 640 --deterministic-only'.split(
        ' ',
      );
    expect(await train('gym:Pendulum-v1', ...flags, '--out', run)).toMatchObject({ code: 0 });
    const events = await eventsOf(run);
    const lengths = events.filter(({ type }) => type === 'episode').map(({ length }) => length);
    expect(lengths.length).toBeGreaterThan(0);
    expect(Math.max(...lengths.map(Number))).toBeLessThan(81);
    expect(events.find(({ type }) => type === 'evaluation')).toMatchObject({ lengths: [200, 200] });
    const evaluated = await bench('eval', run, '--python', python, '--episodes', '2', '--json');
    expect(JSON.parse(evaluated.out).lengths).toEqual([200, 200]);
  });

  test('that runs and spreads first episodes is not evaluated in', async () => {
    const folder = await temporaryFolder();
    const { env } = await runningServer('gym:Pendulum-v1 --num-envs 2 --keep --clients 2 --spread-episodes');
    const run = path.join(folder, 'run');
    const problem =
      'spreads first episodes (--spread-episodes), so that an evaluation would count shortened ones';
    expect((await train(env, '--num-envs', '2', '--out', path.join(folder, 'none'))).err).toContain(problem);
    expect(await train(env, '--num-envs', '2', '--evaluate-every', '1000', '--out', run)).toMatchObject({
      code: 0,
    });
    expect((await bench('eval', run, '--episodes', '1')).err).toContain(problem);
    const given = await train(
      env,
      '--num-envs',
      '2',
      '--action-bound',
      '1',
      '--out',
      path.join(folder, 'none'),
    );
    expect(given.err).toMatch(
      /actionBound is for a simulator in Python that is started.*Start its server with it instead/,
    );
  });

  test('that loses last observations is refused to rollouts at once', async () => {
    const folder = await temporaryFolder();
    await writeFile(path.join(folder, 'lossy.py'), LOSSY);
    const { env } = await runningServer('lossy:make --num-envs 2 --keep', folder);
    const to = (name: string) => [
      '--env',
      env,
      '--num-envs',
      '2',
      '--quiet',
      '--out',
      path.join(folder, name),
    ];
    expect((await bench('train', '--algo', 'ppo', ...to('ppo'))).err).toContain(
      'loses the last observations of truncated episodes, whose values an algorithm that learns from rollouts needs',
    );
    expect(
      await train(env, '--num-envs', '2', '--evaluate-every', '1000', '--out', path.join(folder, 'run')),
    ).toMatchObject({ code: 0 });
    const events = await eventsOf(path.join(folder, 'run'));
    const lengths = events.filter(({ type }) => type === 'episode').map(({ length }) => length);
    expect(new Set(lengths)).toEqual(new Set([5]));
  });

  // Six servers are started.
  test(
    'that gives no time limit gets one, which is recorded and gone on with',
    { timeout: 180_000 },
    async () => {
      const folder = await temporaryFolder();
      await writeFile(path.join(folder, 'endless.py'), ENDLESS);
      process.env['PYTHONPATH'] = folder;
      onTestFinished(() => void delete process.env['PYTHONPATH']);
      const [run, env] = [path.join(folder, 'run'), 'gym:endless:Endless-v0'];
      const flags = '--evaluate-every 160 --evaluation-episodes 1 --deterministic-only'.split(' ');
      const loud = short.filter((flag) => flag !== '--quiet');
      const given = ['--env', env, '--python', python, ...loud, ...flags, '--out', run];
      const trained = await bench('train', ...given);
      expect(trained.code).toBe(0);
      const said = `${env} gives no time limit; episodes end after 1000 steps (--max-steps)`;
      expect(trained.out).toContain(said);
      const config = path.join(run, 'config.json');
      expect(JSON.parse(await readFile(config, 'utf8'))).toMatchObject({ env, maxSteps: 1000 });
      expect((await eventsOf(run)).filter(({ type }) => type === 'evaluation')).toMatchObject([
        { lengths: [1000] },
      ]);
      const more = ['--quiet', '--evaluate-every', '1000', '--steps'];
      expect(await bench('train', '--resume', run, ...more, '200')).toMatchObject({ code: 0 });
      const played = await bench('eval', run, '--env', env, '--max-steps', '7', '--episodes', '1', '--json');
      expect(JSON.parse(played.out).lengths).toEqual([7]);
      const policy = path.join(run, 'policy', 'policy.onnx');
      const ofFile = await bench('eval', policy, '--python', python, '--episodes', '1');
      expect(ofFile.out).toMatch(
        /gives no time limit; episodes end after 1000 steps \(--max-steps\)\n[^]* 1000 +truncated/,
      );
      // A run of before goes on as it was, and is told of.
      const { maxSteps: _, ...former } = JSON.parse(await readFile(config, 'utf8'));
      await writeFile(config, JSON.stringify(former));
      const absent = ['--evaluation-env', 'gym:Absent-v0', '--quiet', '--evaluate-every', '240'];
      expect((await bench('train', '--resume', run, '--steps', '240', ...absent)).err).toContain(
        `${env} gives no time limit: an evaluation plays whole episodes, and waits where one doesn't end. If that may be, begin a new run with --max-steps`,
      );
    },
  );

  test('of Gymnasium is truncated where it is asked for', async () => {
    const run = path.join(await temporaryFolder(), 'run');
    expect(await train('gym:Hopper-v5', '--max-steps', '5', '--out', run)).toMatchObject({
      code: 0,
      err: '',
    });
    expect((await eventsOf(run)).filter(({ type }) => type === 'evaluation')).toMatchObject([
      { lengths: [5, 5] },
      { lengths: [5, 5] },
    ]);
    const { env } = await runningServer('gym:Pendulum-v1');
    expect(await problemOf(env, '--max-steps', '5')).toContain(
      "is a server that runs. Start its server with it instead, which takes it for Gymnasium's environments.",
    );
    expect(await problemOf('isaac:Ant', '--max-steps', '5')).toContain(
      '--max-steps is for environments of these packages and of Gymnasium, and isaac:Ant is neither. Leave it out',
    );
  });

  test('that runs and gives no time limit is told of before it is evaluated in', async () => {
    const folder = await temporaryFolder();
    await writeFile(path.join(folder, 'lossy.py'), LOSSY);
    const { env } = await runningServer('lossy:make --num-envs 2 --keep --clients 2', folder);
    const { code, err } = await train(env, '--num-envs', '2', '--out', path.join(folder, 'run'));
    expect(code).toBe(0);
    expect(err).toContain(
      `${env} gives no time limit: an evaluation plays whole episodes, and waits where one doesn't end. If that may be, start a server`,
    );
    expect((await bench('eval', path.join(folder, 'run'), '--episodes', '1')).err).toContain(
      'gives no time limit',
    );
  });

  test('gets settings of its own, which others have none of', async () => {
    expect(await problemOf('gym:Hopper-v5', '--action-bound', '2')).toContain(
      '--action-bound is given, but Hopper-v5 has bounds itself',
    );
    expect(await problemOf('gym:Hopper-v5', '--simulator-device', 'cuda:0')).toContain(
      '--device cuda:0 is for Isaac Lab',
    );
    expect(await problemOf('Hopper-v5', '--spread-episodes')).toContain(
      'spreadEpisodes is for a simulator in Python that is started, and Hopper-v5 is none',
    );
    expect(await problemOf('Hopper-v5', '--simulator-device', 'cpu')).toContain(
      'simulatorDevice is for a simulator',
    );
  });

  test.each([
    [
      ['--evaluation-env', 'Hopper-v5'],
      '--evaluation-env Hopper-v5 with --env gym:Hopper-v5: both have to be simulators in Python, and Hopper-v5 is none',
    ],
    [
      ['--workers', '1'],
      '--workers 1 is for environments of these packages, and gym:Hopper-v5 runs in a process of its own',
    ],
    [
      ['--python', '/no/python'],
      "/no/python) can't be started (spawn /no/python ENOENT). See that this Python is there. Name the Python that has the simulator with --python",
    ],
  ])('refuses %s', async (flags, problem) => {
    const out = path.join(await temporaryFolder(), 'run');
    const { code, err } = await train('gym:Hopper-v5', ...flags, '--out', out);
    expect(err).toContain(problem);
    expect(code).not.toBe(0);
  });

  test('isn’t drawn, and one that there is not is named', async () => {
    expect((await bench('render', '--random', '--env', 'gym:Hopper-v5')).err).toContain(
      'gym:Hopper-v5 runs in Python',
    );
    const out = path.join(await temporaryFolder(), 'run');
    const { err } = await train('gym:No-such-v0', '--out', out);
    expect(err).toMatch(/gym:No-such-v0: the server \(.*\) ended with exit code 2.*No-such/);
    // Python and simulator are there.
    expect(err).not.toContain('--python');
    expect(err).toContain(`What the server printed is in ${path.join(out, 'server.log')}.`);
  });

  test('that raises is told of in a line, with its place and where the traceback is', async () => {
    const folder = await temporaryFolder();
    await writeFile(path.join(folder, 'raising.py'), RAISING);
    process.env['PYTHONPATH'] = folder;
    onTestFinished(() => void delete process.env['PYTHONPATH']);
    const run = path.join(folder, 'run');
    const { code, err } = await train('gym:raising:Raising-v0', '--out', run);
    expect(code).toBe(1);
    expect(err).toContain(
      `step failed in the server: ValueError: motor burnt out (${path.join(folder, 'raising.py')}, line 11, in step). ` +
        `Its traceback is in ${path.join(run, 'server.log')}.`,
    );
    expect(err).not.toContain('Traceback (most recent call last)');
    expect(await readFile(path.join(run, 'server.log'), 'utf8')).toMatch(/Traceback[^]*motor burnt out/);
  });
});
