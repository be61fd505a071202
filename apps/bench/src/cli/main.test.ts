import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { demo } from '../demo/demo.ts';
import { evaluate } from '../policies/evaluate.ts';
import { exportPolicy } from '../policies/export-policy.ts';
import { speed } from '../speed/speed.ts';
import { train } from '../runs/train.ts';
import { ALGORITHMS } from '../algorithms/index.ts';
import { main } from './main.ts';
import { captureIo } from '../testing/capture.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { TRAIN_DEFAULTS } from '../testing/train-defaults.ts';

const unknownAlgorithm = `there is no algorithm mew. Did you mean meow? Known: ${ALGORITHMS.map(({ name }) => name).join(', ')}.`;

vi.mock('../demo/demo.ts', () => ({ demo: vi.fn() }));
vi.mock('../policies/evaluate.ts', () => ({ evaluate: vi.fn() }));
vi.mock('../policies/export-policy.ts', () => ({ exportPolicy: vi.fn() }));
vi.mock('../speed/speed.ts', () => ({ speed: vi.fn() }));
vi.mock('../runs/train.ts', () => ({ train: vi.fn() }));

async function call(...argv: string[]) {
  const io = captureIo();
  const code = await main(argv, io);
  return { code, out: io.out(), err: io.err() };
}

beforeEach(() => vi.resetAllMocks());

describe('wrong usage exits with 2 and one line', () => {
  it.each([
    [['trian'], "unknown command 'trian'. Did you mean train?"],
    [['nothing'], "unknown command 'nothing'. See meow-bench --help."],
    [['train', '--stepz', '3'], "unknown option '--stepz'. Did you mean --steps?"],
    [['train', '--zzzzzzzzz'], "unknown option '--zzzzzzzzz'. See meow-bench train --help."],
    [['eval'], "missing required argument 'run'. See meow-bench eval --help."],
    [['eval', 'a', '--episodes'], "option '--episodes <n>' argument missing. See meow-bench eval --help."],
    [
      ['speed', 'extra'],
      "too many arguments for 'speed'. Expected 0 arguments but got 1. See meow-bench speed --help.",
    ],
    [
      ['train', '--steps', '1.5'],
      '--steps can\'t be "1.5". Give a positive integer (environment steps to train for).',
    ],
    [
      ['train', '--seed', ''],
      '--seed can\'t be "". Give an integer of at least 0 (seed of everything random).',
    ],
    [
      ['train', '--gamma', 'high'],
      '--gamma can\'t be "high". Give a number from 0 to 0.9999999, or 1 (discount factor).',
    ],
    [
      ['train', '--hidden', '64,,64'],
      '--hidden can\'t be "64,,64". Give a list of positive integers such as 64,64 (hidden layers of the couplings and the prior).',
    ],
    [
      ['train', '--tau', '0'],
      '--tau can\'t be "0". Give a number from 1e-7 to 1 (step of the target network towards the trained one, each update).',
    ],
    [
      ['train', '--alpha', '1e300'],
      '--alpha can\'t be "1e300". Give a number from 1e-10 to 1e10 (temperature: weight of the entropy against the reward).',
    ],
    [
      ['train', '--resume', ''],
      '--resume can\'t be "". Give the folder that "meow-bench train" wrote (go on with the run in a folder, to the bits that it would have had, or with more --steps, to those of a run begun with as many).',
    ],
    [
      ['train', '--resume', 'runs/try', '--from', 'best'],
      '--from can\'t be "best". Give the step of a checkpoint (with --resume: from this checkpoint instead of the newest).',
    ],
    [['train', '--from', '3'], '--from goes with --resume. Name the run with --resume.'],
    [['train', '--algo', 'mew'], unknownAlgorithm],
    [['train', '--algo', 'mew', '--help'], unknownAlgorithm],
    [
      ['train', '--algo', 'sac', '--couplings', '2'],
      '--couplings is a setting of meow, not of sac. Leave it out, or train with --algo meow.',
    ],
    [
      ['train', '--log-std-min', '-3'],
      '--log-std-min is a setting of sac, not of meow. meow has --log-sigma-min. Leave it out, or train with --algo sac.',
    ],
  ])('%j', async (argv, message) => {
    expect(await call(...argv)).toEqual({ code: 2, out: '', err: `meow-bench: ${message}\n` });
  });

  it('no command: prints the help on stderr', async () => {
    const { code, out, err } = await call();
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^Usage: meow-bench/);
  });
});

describe('help and version exit with 0 on stdout', () => {
  it.each(['demo', 'train', 'eval', 'export', 'serve', 'speed', 'compare'])(
    '%s --help has examples',
    async (command) => {
      const { code, out, err } = await call(command, '--help');
      expect([code, err]).toEqual([0, '']);
      expect(out).toContain(`Usage: meow-bench ${command}`);
      expect(out).toContain(`Examples:\n  meow-bench ${command}`);
      expect(out).toContain('--verbose');
    },
  );

  it('puts each example on a line', async () => {
    expect((await call('--help')).out).toContain('\n  meow-bench demo\n  meow-bench train ');
  });

  it('train --help tells defaults and where the others come from', async () => {
    const out = (await call('train', '--help')).out.replace(/\s+/g, ' ');
    expect(out).toContain('--seed <n> seed of everything random (default: 0)');
    expect(out).toContain("--learning-rate <x> Adam's step size (default: from the preset, or 0.001)");
    expect(out).toContain('--hidden <n,n>');
  });

  it('train --algo --help shows the settings of that algorithm', async () => {
    const out = (await call('train', '--algo', 'sac', '--help')).out.replace(/\s+/g, ' ');
    expect(out).toContain(
      'Settings of sac: --gamma <x> discount factor (default: from the preset, or 0.99) --tau',
    );
    expect(out).toContain(
      "--q-learning-rate <x> Adam's step size for the critics (default: from the preset, or 0.001)",
    );
    expect(out).not.toContain('--couplings');
    expect((await call('train', '--help')).out).not.toContain('--q-learning-rate');
  });

  it('--version', async () => {
    expect(await call('--version')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });
});

describe('failures exit with 1', () => {
  it('prints an error that says what to do as it is', async () => {
    vi.mocked(speed).mockRejectedValue(new Error('graph: axis is 3.\n  Give 0 or 1.'));
    expect(await call('speed')).toEqual({
      code: 1,
      out: '',
      err: 'meow-bench: graph: axis is 3. Give 0 or 1.\n',
    });
  });

  it('points to --verbose for an error that nobody foresaw', async () => {
    vi.mocked(speed).mockRejectedValue(new TypeError('x is not a function'));
    expect((await call('speed')).err).toBe(
      'meow-bench: x is not a function. Run again with --verbose for the stack trace.\n',
    );
  });

  it.each([
    ['before', ['--verbose', 'speed']],
    ['after', ['speed', '--verbose']],
  ])('adds the stacks, causes included, with --verbose %s the command', async (_, argv) => {
    vi.mocked(speed).mockRejectedValue(new Error('top.', { cause: new RangeError('deep') }));
    const { code, err } = await call(...argv);
    expect(code).toBe(1);
    expect(err).toMatch(/^meow-bench: top\.\nError: top\.\n +at .*\ncaused by RangeError: deep\n +at /s);
  });
});

describe('settings reach the commands', () => {
  it('train merges defaults, file and flags, in that order', async () => {
    const file = join(await temporaryFolder(), 'settings.yaml');
    await writeFile(file, 'seed: 4\nsteps: 100\nagent:\n  alpha: 1.5\n  tau: 1e-3\n');
    const result = await call(
      'train',
      '--config',
      file,
      '--seed',
      '5',
      '--hidden',
      '32,16',
      '--log-sigma-min',
      '-2',
    );
    expect(result).toEqual({ code: 0, out: '', err: '' });
    expect(vi.mocked(train).mock.lastCall?.slice(0, 2)).toEqual([
      {
        ...TRAIN_DEFAULTS,
        seed: 5,
        steps: 100,
        agent: { alpha: 1.5, tau: 0.001, hidden: [32, 16], logSigmaMin: -2 },
      },
      { force: false },
    ]);
  });

  it('a flag replaces what the file says even where the flag repeats the default', async () => {
    const file = join(await temporaryFolder(), 'settings.json');
    await writeFile(file, '{ "seed": 4 }');
    await call('train', '--config', file, '--seed', '0', '--force');
    expect(vi.mocked(train).mock.lastCall?.slice(0, 2)).toMatchObject([{ seed: 0 }, { force: true }]);
  });

  it('the algorithm decides which settings the agent has, wherever it is named', async () => {
    const file = join(await temporaryFolder(), 'settings.yaml');
    await writeFile(file, 'algo: sac\nagent: { logStdMin: -3 }\n');
    expect(await call('train', '--config', file, '--hidden', '8')).toEqual({ code: 0, out: '', err: '' });
    expect(vi.mocked(train).mock.lastCall?.[0]).toEqual({
      ...TRAIN_DEFAULTS,
      algo: 'sac',
      agent: { logStdMin: -3, hidden: [8] },
    });
    expect(await call('train', '--config', file, '--algo', 'meow')).toEqual({
      code: 2,
      out: '',
      err: `meow-bench: ${file}: agent.logStdMin is a setting of sac, not of meow. meow has agent.logSigmaMin. Leave it out, or train with --algo sac.\n`,
    });
    await writeFile(file, 'algo: 3\n');
    expect((await call('train', '--config', file)).err).toBe(
      `meow-bench: ${file}: algo can't be 3. Give a text (algorithm).\n`,
    );
  });

  it('a wrong setting in the file is blamed on the file', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'sub'));
    const file = join(folder, 'sub', 'settings.yaml');
    await writeFile(file, 'agent: { gamma: 2 }');
    expect(await call('train', '--config', file, '--gamma', '0.9')).toEqual({
      code: 2,
      out: '',
      err: `meow-bench: ${file}: agent.gamma can't be 2. Give a number from 0 to 0.9999999, or 1 (discount factor).\n`,
    });
    expect(train).not.toHaveBeenCalled();
  });

  it('demo, eval, export and speed', async () => {
    await call('demo', '--seed', '3', '--out', 'runs/x');
    await call('eval', 'runs/try', '--episodes', '20', '--stochastic');
    await call('export', 'runs/try', '--out', 'policy/');
    await call('speed', '--threads', '2');
    expect(vi.mocked(demo).mock.lastCall?.[0]).toEqual({
      preset: 'multi-goal-demo',
      seed: 3,
      out: 'runs/x',
      rollouts: 400,
      parallel: 'auto',
      threads: 1,
      engine: 'auto',
    });
    expect(vi.mocked(evaluate).mock.lastCall?.slice(0, 2)).toEqual([
      'runs/try',
      {
        episodes: 20,
        stochastic: true,
        seed: 0,
        observationNoise: 0,
        actionNoise: 0,
        threads: 1,
        parallel: 'auto',
        checkpoint: 'last',
      },
    ]);
    expect(vi.mocked(exportPolicy).mock.lastCall?.slice(0, 2)).toEqual([
      'runs/try',
      {
        out: 'policy/',
        observations: 1000,
        precision: 'float32',
        episodes: 0,
        seed: 0,
        checkpoint: 'last',
      },
    ]);
    expect(vi.mocked(speed).mock.lastCall?.[0]).toMatchObject({ threads: 2, actionSize: 6 });
    expect(vi.mocked(speed).mock.lastCall?.[0]).not.toHaveProperty('batchSize', expect.any(Number));
  });

  it.each([
    [['speed', '--json'], '{\n  "ms": [\n    5\n  ]\n}\n'],
    [['--json', 'speed'], '{\n  "ms": [\n    5\n  ]\n}\n'],
    [['speed', '--quiet'], '5 ms\n'],
    [['speed'], 'timing\n5 ms\n'],
  ])('%j decides how much is said', async (argv, out) => {
    vi.mocked(speed).mockImplementation(async (_, ui) => {
      ui.info('timing');
      ui.progress('timing', 1).update(1);
      ui.result({ ms: Float32Array.of(5) }, '5 ms');
    });
    const said = await call(...argv);
    expect(said.out).toBe(out);
    expect(said.err === '').toBe(argv.length > 1);
  });
});
