import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import type { AutoresetMode } from '@meow-rl/envs';

import { BridgeError } from './bridge-error.ts';
import { serverLog } from './server-log.ts';
import { whyNotStarted } from './why-not-started.ts';

/** A server to start. */
export interface Launch {
  /** The Python that has the simulator, `numpy`, `msgpack` and `websockets`. Default: `python3`, on Windows `python`. */
  readonly python?: string;
  /** `gym:Ant-v5`, `gym-vector:…`, `envpool:…`, `isaac:Isaac-Ant-Direct`, … or `module:function` of your own. */
  readonly task: string;
  /** Default: the server's. */
  readonly numEnvs?: number;
  /** Default: the simulator's. */
  readonly autoresetMode?: AutoresetMode;
  /** Further arguments of the server, as in `python -m meow_isaac_bridge --help`. Default: none. */
  readonly args?: readonly string[];
  /** File that all that the server prints is appended to. Default: its end is kept, for error messages. */
  readonly logFile?: string;
  /** Folder that it runs in, where modules of the user's own are looked for. Default: that of this process. */
  readonly cwd?: string;
}

/** A server that was started. */
export interface LaunchedServer {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
  /** Ends it: by closing its standard input, then by signals. */
  end(timeout: number): Promise<void>;
  /** What is to be told with an error of the connection: how the server ended, and the end of its log. */
  explain(error: BridgeError): Promise<BridgeError>;
}

/** Environment variable that the server reads its token from. */
const TOKEN_VARIABLE = 'MEOW_BRIDGE_TOKEN';
/** Milliseconds that a process which is about to end has for it. */
const MOMENT = 2000;
/** Milliseconds in which what an ended process printed arrives. */
const SHORTLY = 500;

/** The Python package that comes with this one; `pip install` isn't needed. */
export const PYTHON_SOURCES = fileURLToPath(new URL('../python/src', import.meta.url));

/**
 * Starts a server on the loopback interface, or where its arguments say, with a token that nobody else knows. It ends when this process
 * does, however that ends: its standard input is closed then.
 *
 * @param timeout milliseconds until it listens
 * @throws BridgeError if it doesn't, with what it said of why, or the end of its log
 */
export async function launchServer(launch: Launch, timeout: number): Promise<LaunchedServer> {
  const { python = process.platform === 'win32' ? 'python' : 'python3', task, logFile, cwd } = launch;
  const token = randomBytes(32).toString('base64url');
  const log = serverLog(logFile);
  const { PYTHONPATH } = process.env;
  const sources = existsSync(PYTHON_SOURCES) ? [PYTHON_SOURCES] : [];
  const child = spawn(python, serverArguments(launch), {
    ...(cwd !== undefined && { cwd }),
    stdio: ['pipe', 'pipe', log.stderr],
    env: {
      ...process.env,
      PYTHONPATH: [...sources, ...(PYTHONPATH ? [PYTHONPATH] : [])].join(path.delimiter),
      PYTHONUNBUFFERED: '1',
      [TOKEN_VARIABLE]: token,
    },
    // Ctrl-C is for this process alone, which may have something to save.
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  const printed = log.attach(child.stderr);
  // A server that nobody closes mustn't keep this process alive: it ends with it.
  for (const held of [child, child.stdin, child.stdout, child.stderr]) unreferenced(held);
  const exited = new Promise<string>((resolve) => {
    child.on('exit', (code, signal) => {
      const ending = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
      // Its last words may come after its end, and a process of its own may hold the pipe open.
      void within(printed, SHORTLY).then(() => resolve(ending));
    });
    child.on('error', (error) => {
      // spawn names the program also where the folder is what is missing.
      const reason = isThere(cwd) ? error.message : `there is no folder ${cwd}`;
      resolve(`can't be started (${reason})`);
    });
  });
  // A server that is gone takes no input; that it is gone is told elsewhere.
  child.stdin?.on('error', () => {});

  const told = (what: string) => {
    const text = log.quote();
    return text === '' ? what : `${what}\n${log.where}:\n${text}`;
  };

  const end = async (milliseconds: number) => {
    // While this waits for its end the process has something to stay for.
    child.ref();
    child.stdin?.end();
    if (await within(exited, milliseconds)) return;
    signalGroup(child.pid, 'SIGTERM');
    if (await within(exited, milliseconds)) return;
    signalGroup(child.pid, 'SIGKILL');
    await exited;
  };

  try {
    const listening = readListening(child.stdout, launch);
    const outcome = await within(Promise.race([listening, exited]), timeout);
    if (!outcome)
      throw new BridgeError(
        'timeout',
        told(
          `${task}: the server didn't listen within ${timeout} ms. See its log for what holds it up; ` +
            'in a program of yours, timeouts.start of isaacVectorEnv allows more.',
        ),
      );
    if (typeof outcome === 'string') {
      const what = `${task}: the server (${python}) ${outcome}`;
      // It never ran, and has printed nothing.
      if (child.pid === undefined)
        throw isThere(cwd)
          ? new BridgeError('python', `${what}. See that this Python is there.`)
          : new BridgeError('connection', `${what}. Give it another cwd.`);
      const lastWords = log.quote();
      const why = whyNotStarted(lastWords);
      if (!why) throw new BridgeError('connection', told(`${what} before it listened. See its log.`));
      throw new BridgeError(why.problem, `${what} before it listened: ${why.reason}`, { log: lastWords });
    }
    return {
      url: outcome.url,
      token,
      pid: child.pid ?? 0,
      end,
      async explain(error) {
        if (error.problem === 'simulator' && error.traceback !== undefined && logFile !== undefined)
          return new BridgeError(
            error.problem,
            `${error.message.replace(/\.$/, '')}. Its traceback is in ${logFile}.`,
            { traceback: error.traceback },
          );
        if (error.problem !== 'connection' && error.problem !== 'timeout') return error;
        const ending = await within(exited, error.problem === 'timeout' ? 1 : MOMENT);
        const what = ending ? `${task}: the server ${ending}. ${error.message}` : error.message;
        return new BridgeError(error.problem, told(what), { cause: error });
      },
    };
  } catch (error) {
    await end(MOMENT);
    throw error;
  }
}

/** Whether a process can begin in a folder; without one it begins in this one's. */
const isThere = (cwd: string | undefined): boolean => cwd === undefined || existsSync(cwd);

function serverArguments({ task, numEnvs, autoresetMode, args = [] }: Launch): string[] {
  return [
    '-m',
    'meow_isaac_bridge',
    task,
    '--port',
    '0',
    '--token-env',
    TOKEN_VARIABLE,
    '--end-with-stdin',
    ...(numEnvs === undefined ? [] : ['--num-envs', String(numEnvs)]),
    ...(autoresetMode === undefined ? [] : ['--autoreset', autoresetMode]),
    ...args,
  ];
}

/** Reads the one line that a server prints when it listens; what else is printed is passed over, and the pipe stays empty. */
function readListening(stdout: Readable | null, { task, cwd }: Launch): Promise<{ readonly url: string }> {
  return new Promise((resolve, reject) => {
    if (!stdout) return;
    const lines = createInterface({ input: stdout });
    lines.once('line', (line) => {
      // Later lines are taken, so that printing never blocks the server.
      lines.on('line', () => {});
      const url = urlIn(line, cwd);
      if (url !== undefined) resolve({ url });
      else
        reject(
          new BridgeError(
            'protocol',
            `${task}: the server printed ${JSON.stringify(line.slice(0, 200))}, expected one line of JSON that says where it listens. ` +
              'See that it is of the same version as this package.',
          ),
        );
    });
  });
}

/** Where a server says that it listens. The path of its socket is seen from the folder that it runs in. */
function urlIn(line: string, cwd = ''): string | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    const listening = fieldOf(parsed, 'listening');
    const [host, port, unix] = ['host', 'port', 'unix'].map((name) => fieldOf(listening, name));
    if (typeof unix === 'string') return `unix:${path.resolve(cwd, unix)}`;
    if (typeof host !== 'string' || typeof port !== 'number') return undefined;
    // An address of IPv6 has colons itself.
    return `ws://${host.includes(':') ? `[${host}]` : host}:${port}`;
  } catch {
    return undefined;
  }
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

/** Lets the process end though this is open; the types of pipes don't say that they are sockets. */
function unreferenced(held: object | null): void {
  if (held && 'unref' in held && typeof held.unref === 'function') held.unref();
}

/** What a promise gives, or undefined if it takes longer. */
async function within<T>(work: Promise<T>, milliseconds: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** To a process and those that it started. */
function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    // It is gone already.
  }
}
