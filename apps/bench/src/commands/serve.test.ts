import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';

import { findPython } from '../../../../scripts/find-python.mjs';
import { openRun } from '../runs/saved-run.ts';
import { TINY_AGENT, bench } from '../testing/run-bench.ts';

const program = fileURLToPath(new URL('../../bin/meow-bench.js', import.meta.url));
const askScript = fileURLToPath(new URL('../../../../packages/serve/fixtures/ask.py', import.meta.url));
const python = findPython();

let folder: string;
let run: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'meow-bench-'));
  run = path.join(folder, 'run');
  const flags = [...TINY_AGENT, '--steps', '200', '--warmup', '100', '--evaluate-every', '1000'];
  const { code, err } = await bench('train', ...flags, '--no-tensorboard', '--out', run);
  if (code !== 0) throw new Error(err);
});
afterAll(() => rm(folder, { recursive: true }));

/** A server in a process of its own, of the sources, once it listens: `said` matches what it has printed. */
async function startServer(said: RegExp, ...argv: readonly string[]) {
  const child = spawn(process.execPath, [...process.execArgv, program, 'serve', ...argv, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, out, err }));
  await expect.poll(() => out + err, { timeout: 30_000 }).toMatch(said);
  return { out, end: (signal: NodeJS.Signals) => (child.kill(signal), ended) };
}

/** What openpi's client library gets. */
async function ask(port: number, observations: readonly (readonly number[])[]) {
  const child = execFile(python ?? '', [askScript, String(port)]);
  let out = '';
  child.stdout?.on('data', (chunk) => (out += String(chunk)));
  child.stdin?.end(JSON.stringify(observations));
  await once(child, 'close');
  return JSON.parse(out);
}

test.skipIf(!python)('openpi’s client library gets the actions of a run’s agent', async () => {
  const { out, end } = await startServer(/^\}$/m, run, '--json');
  const about = JSON.parse(out);
  expect(about).toMatchObject({
    url: `ws://127.0.0.1:${about.port}`,
    policy: path.join(run, 'policy', 'policy.onnx'),
    actions: 'deterministic',
    needsToken: false,
    algorithm: 'meow',
    environment: 'MultiGoal-v0',
    trainingSteps: 200,
    actionSpace: { low: [-1, -1], high: [1, 1] },
  });
  const observations = [
    [0.5, -1],
    [3, 2],
    [-4, 0.25],
  ];
  const { batch, broker } = await ask(about.port, observations);
  const { agent } = await openRun(run);
  onTestFinished(() => agent.unwrapped.dispose());
  const expected = await agent.agent.act(Float32Array.from(observations.flat()), { deterministic: true });
  expect(batch.shape).toEqual([3, 2]);
  for (const [i, value] of expected.entries()) expect(batch.values[i]).toBeCloseTo(value, 6);
  expect(broker.map(({ shape }: { shape: number[] }) => shape)).toEqual([[2], [2], [2]]);
  // One coupling moves one of the two entries; the other is the same for all observations.
  expect(new Set(batch.values).size).toBe(4);
  expect(await end('SIGINT')).toEqual({ code: 0, signal: null, out, err: '' });
});

test('a server says where it listens, and ends by SIGTERM', async () => {
  const { out, end } = await startServer(/listens on/, run, '--stochastic');
  expect(out).toContain(
    `${path.join(run, 'policy', 'policy-stochastic.onnx')} (meow in MultiGoal-v0, 200 steps)`,
  );
  expect(out).toContain('[2], from [-1, -1] to [1, 1], sampled');
  const [, port] = /ws:\/\/127\.0\.0\.1:(\d+), without a token/.exec(out) ?? [];
  expect(await (await fetch(`http://127.0.0.1:${port}/healthz`)).text()).toBe('OK\n');
  const ended = await end('SIGTERM');
  expect(ended).toMatchObject({ code: 0, signal: null, err: '' });
  expect(ended.out).toMatch(/stopping\n0 requests answered \(0 observations\), 0 refused, 0 clients\n$/);
});

test.each([
  [['--port', '65536'], 2, '--port can\'t be "65536". Give an integer from 0 to 65535'],
  [
    ['--host', '0.0.0.0'],
    2,
    '0.0.0.0 lets others than this machine connect, so a token is needed. Put a token into the environment: export MEOW_SERVE_TOKEN=',
  ],
])('%j', async (flags, code, text) => {
  const result = await bench('serve', run, ...flags);
  expect(result).toMatchObject({ code, out: '' });
  expect(result.err).toContain(text);
});

test('a token that is short, a port that is taken, and files that are no policy are named', async () => {
  vi.stubEnv('MEOW_SERVE_TOKEN', 'short');
  onTestFinished(() => void vi.unstubAllEnvs());
  expect((await bench('serve', run, '--host', '::')).err).toContain(
    'the token has 5 characters, at least 16',
  );
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const taken = await bench('serve', run, '--port', String(port));
  expect(taken).toMatchObject({ code: 1, out: '' });
  expect(taken.err).toContain(
    `can't listen on 127.0.0.1, port ${port}: another program listens there. End it`,
  );
  const missing = await bench('serve', path.join(folder, 'none'));
  expect(missing.code).toBe(2);
  expect(missing.err).toContain(
    `there is no ${path.join(folder, 'none', 'policy', 'policy.onnx')}. Give a policy.onnx`,
  );
  const policyFile = (name: string) => path.join(run, 'policy', name);
  expect((await bench('serve', policyFile('critic.onnx'))).err).toContain(
    'expected the input observation and the output action, got observation, action',
  );
  await copyFile(policyFile('policy.onnx'), path.join(folder, 'other.onnx'));
  expect((await bench('serve', run, '--seed', '1')).err).toContain(
    '--seed is for sampled actions, and this server gives the most likely one. Leave it out, or sample with --stochastic.',
  );
  expect((await bench('serve', path.join(folder, 'other.onnx'), '--stochastic')).err).toContain(
    'expected the inputs noise, observation and the output action, got observation and action',
  );
});
