import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { z } from 'zod';

import { CliError } from '../cli/errors.ts';
import type { Contestant } from './contestant.ts';
import type { Measured } from './measured-agent.ts';
import type { PeerProgram } from './peers.ts';

/** What a peer is told. */
type PeerSetup = Omit<Measured, 'engine'>;

/** The folder is as far from `src/speed` as from `dist/speed`. */
export const peersFolder = fileURLToPath(new URL('../../peers/', import.meta.url));

/** Python of the peers' environment. */
export const peerPython = path.join(
  peersFolder,
  '.venv',
  process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python',
);

const answerSchema = z.union([
  z.object({ error: z.string() }),
  z.object({
    milliseconds: z.array(z.number()).default([]),
    stepsPerSecond: z.number().optional(),
    versions: z.record(z.string(), z.string()).default({}),
  }),
]);

/** A contestant in a Python process of its own, idle unless asked. */
export interface PeerContestant extends Contestant {
  readonly versions: Readonly<Record<string, string>>;
  /** Environment steps per second of the whole training loop on HalfCheetah-v5 with Gymnasium, of programs that have one. */
  loop(steps: number, warmup: number): Promise<number>;
}

/** Checks that the peers' environment was set up. */
export function checkPeersInstalled(python = peerPython, without = 'leave --peers out'): void {
  if (!existsSync(python))
    throw new CliError(
      'the peers are not installed',
      `Run npm run peers:setup, which needs Python 3.11 or newer and about 6 GB, or ${without}.`,
    );
}

/** Starts a contestant for each program. */
export async function startPeers(
  programs: readonly PeerProgram[],
  measured: PeerSetup,
): Promise<PeerContestant[]> {
  const started: PeerContestant[] = [];
  try {
    for (const program of programs) started.push(await startPeer(program, measured));
    return started;
  } catch (error) {
    for (const peer of started) await peer.close();
    throw error;
  }
}

/** Peers with as many threads as ours, and with one: what is fastest differs. */
export async function startPeersOnThreads(
  programs: readonly PeerProgram[],
  measured: PeerSetup,
): Promise<PeerContestant[]> {
  const { threads } = measured;
  if (threads === 1) return startPeers(programs, measured);
  const contestants: PeerContestant[] = [];
  for (const count of [1, threads]) {
    const started = await startPeers(programs, { ...measured, threads: count });
    const suffix = count === 1 ? '1 thread' : `${count} threads`;
    for (const peer of started) contestants.push({ ...peer, name: `${peer.name}, ${suffix}` });
  }
  return contestants;
}

async function startPeer(
  { worker, variant, name }: PeerProgram,
  { threads, algorithm, observationSize, actionSize, batchSize, seed }: PeerSetup,
): Promise<PeerContestant> {
  checkPeersInstalled();
  const child = spawn(peerPython, ['worker.py', worker, '--threads', String(threads)], {
    cwd: peersFolder,
    stdio: ['pipe', 'pipe', 'inherit'],
    // Gymnasium warns at each start of things that it does itself.
    env: { ...process.env, PYTHONWARNINGS: 'ignore' },
  });
  // A process that has ended breaks the pipe; that it gives no answer is reported below.
  child.stdin.on('error', () => {});
  const close = async (): Promise<void> => {
    if (child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.stdin.end();
    await ended;
  };
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (request: Readonly<Record<string, unknown>>) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await lines.next();
    if (done)
      throw new CliError(
        `the peer ${name} ended without an answer`,
        'Read what it printed above; npm run peers:setup installs it anew.',
      );
    const answer = answerSchema.parse(JSON.parse(value));
    if ('error' in answer)
      throw new CliError(
        `the peer ${name} failed: ${answer.error}`,
        'If a module is missing, run npm run peers:setup.',
      );
    return answer;
  };
  try {
    const setup = { algorithm, observationSize, actionSize, batchSize, seed };
    const { versions } = await ask({ command: 'setup', variant, ...setup });
    return {
      name,
      versions,
      update: async (runs) => (await ask({ command: 'update', runs })).milliseconds,
      act: async (runs, rows) => (await ask({ command: 'act', runs, rows })).milliseconds,
      loop: async (steps, warmup) =>
        (await ask({ command: 'loop', steps, warmup })).stepsPerSecond ?? Number.NaN,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
