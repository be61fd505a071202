import { spawn } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { describe, expect, it, onTestFinished } from 'vitest';

import { execArgv } from '../../../vitest.config.ts';
import { findPython } from '../../../scripts/find-python.mjs';
import { BridgeError } from './bridge-error.ts';
import { isaacVectorEnv } from './isaac-vector-env.ts';
import { launchServer, type Launch } from './launch.ts';

const python = findPython();
const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));

/** A server of environments that do what an action says. */
const troubled: Launch = {
  ...(python !== undefined && { python }),
  task: 'troubled:make',
  numEnvs: 2,
  cwd: fixtures,
};

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'meow-bridge-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const gone = (pid: number) => expect.poll(() => isRunning(pid), { timeout: 15_000 }).toBe(false);

async function start(timeouts = {}, launch: Partial<Launch> = {}) {
  const env = await isaacVectorEnv({ launch: { ...troubled, ...launch }, timeouts });
  onTestFinished(() => env.close());
  await env.reset({ seed: 0 });
  return env;
}

describe.skipIf(!python)('a server that is started', () => {
  it('prints into a log, listens with a token, and ends when it is closed', async () => {
    const logFile = path.join(await folder(), 'server.log');
    const server = await launchServer({ ...troubled, logFile }, 60_000);
    expect(isRunning(server.pid)).toBe(true);
    const timeouts = { close: 5000 };
    await expect(isaacVectorEnv({ url: server.url, token: 'another', timeouts })).rejects.toThrow(
      'HTTP status 401: the token is missing or another one',
    );
    await expect(isaacVectorEnv({ url: server.url, timeouts })).rejects.toThrow('HTTP status 401');
    const env = await isaacVectorEnv({ url: server.url, token: server.token, timeouts });
    await env.reset({ seed: -1 });
    await expect(isaacVectorEnv({ url: server.url, token: server.token, timeouts })).rejects.toThrow(
      'HTTP status 503: it has as many clients as it takes',
    );
    expect([...(await env.step([0.25, 0.5])).rewards]).toEqual([0.25, 0.5]);
    await env.close();
    await server.end(10_000);
    await gone(server.pid);
    expect(await readFile(logFile, 'utf8')).toContain('a line of the simulator');
  });

  it('is spoken to over a Unix socket', async () => {
    const socket = path.join(await folder(), 'bridge.sock');
    const child = spawn(python ?? '', ['-m', 'meow_isaac_bridge', 'troubled:make', '--unix', socket], {
      cwd: fixtures,
    });
    await new Promise((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
    const env = await isaacVectorEnv({ url: `unix:${socket}` });
    await env.reset();
    expect([...(await env.step([0.5])).observations]).toEqual([1, 1]);
    await env.close();
    await gone(child.pid ?? 0);
  });

  it('may listen on a Unix socket', async () => {
    const socket = path.join(await folder(), 'bridge.sock');
    const env = await start({}, { args: ['--unix', socket] });
    expect((await stat(socket)).isSocket()).toBe(true);
    expect([...(await env.step([0, 0.5])).observations]).toEqual([1, 1, 1, 1]);
  });

  it('tells in a line what the simulator raised and where, with a traceback in the stack and the log', async () => {
    const logFile = path.join(await folder(), 'server.log');
    const env = await start({}, { logFile });
    const error: unknown = await env.step([0, 1]).catch((problem: unknown) => problem);
    expect(error).toBeInstanceOf(BridgeError);
    expect(error).toMatchObject({
      message: expect.stringMatching(
        /^step failed in the server: RuntimeError: the joint came off \(\/.*troubled\.py, line \d+, in step\)\. Its traceback is in \/.*server\.log\.$/,
      ),
      stack: expect.stringMatching(/Traceback[^]*troubled\.py", line \d+, in step/),
    });
    expect(await readFile(logFile, 'utf8')).toMatch(/Traceback[^]*the joint came off/);
  });

  it('refuses actions out of bounds, and goes on', async () => {
    const env = await start();
    await expect(env.step([0, 2])).rejects.toThrow('step failed in the server');
    expect([...(await env.step([0, 0.5])).observations]).toEqual([1, 1, 1, 1]);
  });

  it('that ends in mid-step is missed at once, by its exit code', async () => {
    const env = await start();
    await expect(env.step([0, 0.75])).rejects.toThrow(
      /troubled:make: the server ended with exit code 7\.[^]*a line of the simulator/,
    );
  });

  it('that is killed in mid-step is missed at once', async () => {
    const server = await launchServer(troubled, 60_000);
    const env = await isaacVectorEnv({ url: server.url, token: server.token });
    await env.reset();
    const step = env.step([0, -1]);
    setTimeout(() => process.kill(server.pid, 'SIGKILL'), 100);
    await expect(step).rejects.toThrow('the server is gone without a word');
    await env.close();
    await server.end(1000);
  });

  it('that hangs is given up after the time of a step, and ended', async () => {
    const env = await isaacVectorEnv({ launch: troubled, timeouts: { step: 200, close: 300 } });
    await env.reset();
    await expect(env.step([0, -1])).rejects.toThrow('no answer to step within 200 ms');
    const begun = performance.now();
    await env.close();
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  it('ends when the process that started it is killed, and does not keep one alive that is done', async () => {
    const program = path.join(await folder(), 'program.mjs');
    const source = pathToFileURL(fileURLToPath(new URL('./launch.ts', import.meta.url))).href;
    await writeFile(
      program,
      `import { launchServer } from ${JSON.stringify(source)};
       const server = await launchServer(${JSON.stringify(troubled)}, 60000);
       console.log(server.pid);
       if (process.argv[2] === 'stay') setTimeout(() => {}, 60000);`,
    );
    for (const mode of ['stay', 'leave']) {
      const child = spawn(process.execPath, [...execArgv, program, mode], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)));
      const line = await new Promise<string>((resolve) => {
        createInterface({ input: child.stdout }).once('line', resolve);
      });
      if (mode === 'stay') child.kill('SIGKILL');
      expect(await ended).toBe(mode === 'stay' ? 'SIGKILL' : 0);
      await gone(Number(line));
    }
  });

  it('that hangs is ended before close() returns, in a program that has nothing else to do', async () => {
    const program = path.join(await folder(), 'program.mjs');
    const source = pathToFileURL(fileURLToPath(new URL('./isaac-vector-env.ts', import.meta.url))).href;
    await writeFile(
      program,
      `import { isaacVectorEnv } from ${JSON.stringify(source)};
       const timeouts = { step: 200, close: 200 };
       const env = await isaacVectorEnv({ launch: ${JSON.stringify(troubled)}, timeouts });
       await env.reset();
       await env.step([0, -1]).catch(() => {});
       await env.close();
       console.log('closed');`,
    );
    const child = spawn(process.execPath, [...execArgv, program], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.on('data', (text: Buffer) => (printed += text.toString()));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect([code, printed]).toEqual([0, 'closed\n']);
  });

  it('is quoted by what it printed itself, not by what the log had before', async () => {
    const logFile = path.join(await folder(), 'server.log');
    await writeFile(logFile, "ModuleNotFoundError: No module named 'gymnasium'\n");
    const refused = await isaacVectorEnv({ launch: { ...troubled, task: 'nowhere:make', logFile } }).catch(
      String,
    );
    expect(refused).toContain('there is no module nowhere');
    expect(refused).not.toContain('gymnasium');
    expect(await readFile(logFile, 'utf8')).toMatch(/^ModuleNotFoundError[^]*there is no module nowhere/);
  });

  it('is told of though its log is gone, or long', async () => {
    const logFile = path.join(await folder(), 'server.log');
    const gone = await start({}, { logFile });
    await rm(logFile);
    await expect(gone.step([0, 0.75])).rejects.toThrow('the server ended with exit code 7');
    const long = await start({}, { logFile });
    await appendFile(logFile, `${'x'.repeat(100_000)}\nthe last line\n`);
    const error = String(await long.step([0, 0.75]).catch((problem: unknown) => problem));
    expect(error).toMatch(/the server ended with exit code 7[^]*x\nthe last line$/);
    expect(error.length).toBeLessThan(2500);
  });

  it.each<[string, Partial<Launch>, RegExp]>([
    ['no folder', { cwd: '/no/folder' }, /can't be started \(there is no folder \/no\/folder\)/],
    [
      'no folder for its log',
      { logFile: '/no/folder/server.log' },
      /the server's log can't be written: ENOENT.*Name another logFile/,
    ],
    [
      'no Python',
      { python: '/no/python' },
      /the server \(\/no\/python\) can't be started \(spawn \/no\/python ENOENT\)/,
    ],
    [
      'no such task',
      { task: 'gym:No-such-v0' },
      /the server \(.*\) ended with exit code 2 before it listened: Gymnasium can't make No-such-v0: .*No-such`? doesn't exist/,
    ],
    [
      'no such module',
      { task: 'nowhere:make' },
      /exit code 2 before it listened: .*there is no module nowhere/,
    ],
    [
      'arguments that it has none of',
      { args: ['--speed', 'full'] },
      /exit code 2 before it listened[^]*unrecognized arguments: --speed/,
    ],
  ])('can’t be with %s', async (_, launch, problem) => {
    await expect(isaacVectorEnv({ launch: { ...troubled, ...launch } })).rejects.toThrow(problem);
  });

  it('is named with what its Python lacks', async () => {
    const missing = path.join(await folder(), 'python.sh');
    await writeFile(
      missing,
      '#!/bin/sh\necho "ModuleNotFoundError: No module named \'$WHAT\'" >&2\nexit 1\n',
      { mode: 0o755 },
    );
    for (const [what, remedy] of [
      ['msgpack', 'install it there with "pip install numpy msgpack websockets"'],
      ['envpool', 'install it there with "pip install envpool"'],
      ['isaaclab', 'install it there, a simulator as docs/isaac.md says'],
    ] as const) {
      process.env['WHAT'] = what;
      await expect(isaacVectorEnv({ launch: { ...troubled, python: missing } })).rejects.toMatchObject({
        problem: 'python',
        message: expect.stringContaining(`Its Python has no ${what}: ${remedy}`),
      });
    }
  });

  it('is given up where it says no address in time, or something else', async () => {
    const silent = path.join(await folder(), 'silent.sh');
    await writeFile(silent, '#!/bin/sh\necho $$ >&2\nexec sleep 60\n', { mode: 0o755 });
    const launching = isaacVectorEnv({
      launch: { ...troubled, python: silent },
      timeouts: { start: 300, close: 100 },
    });
    const error = String(await launching.catch((problem: unknown) => problem));
    expect(error).toContain("the server didn't listen within 300 ms");
    await gone(Number(/\n(\d+)$/.exec(error)?.[1]));
    const chatty = path.join(await folder(), 'chatty.sh');
    await writeFile(chatty, '#!/bin/sh\necho hello\nexec sleep 60\n', { mode: 0o755 });
    await expect(isaacVectorEnv({ launch: { ...troubled, python: chatty } })).rejects.toThrow(
      'the server printed "hello", expected one line of JSON that says where it listens',
    );
  });
});

it.each([
  [{ host: '127.0.0.1', port: 4321 }, () => 'ws://127.0.0.1:4321'],
  [{ host: '::1', port: 4321 }, () => 'ws://[::1]:4321'],
  [{ unix: '/run/of.sock' }, () => 'unix:/run/of.sock'],
  [{ unix: 'of.sock' }, (cwd: string) => `unix:${path.join(cwd, 'of.sock')}`],
])('a server that listens on %o has the URL of that', async (listening, urlIn) => {
  const cwd = await folder();
  const speaking = path.join(cwd, 'speaking.sh');
  const line = JSON.stringify({ listening, pid: 1 });
  await writeFile(speaking, `#!/bin/sh\necho '${line}'\nexec cat\n`, { mode: 0o755 });
  const server = await launchServer({ python: speaking, task: 'troubled:make', cwd }, 10_000);
  onTestFinished(() => server.end(1000));
  expect(server.url).toBe(urlIn(cwd));
});
