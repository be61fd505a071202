import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { z } from 'zod';

import { CliError, UsageError } from '../cli/errors.ts';
import type { Contestant } from './contestant.ts';
import type { Measured } from './own.ts';

/** Frameworks with a version of the update in Python. */
export const PEERS = ['torch', 'jax'] as const;
export type Peer = (typeof PEERS)[number];

/** The folder is as far from `src/speed` as from `dist/speed`. */
export const peersFolder = fileURLToPath(new URL('../../peers/', import.meta.url));

/** Python of the peers' environment. */
export const peerPython = path.join(
  peersFolder,
  '.venv',
  process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python',
);

/** The versions of the update that a framework has, in the order in which they are compared. */
const VARIANTS: Readonly<Record<Peer, readonly { readonly variant: string; readonly name: string }[]>> = {
  torch: [
    { variant: 'authors', name: 'torch (authors)' },
    { variant: 'lean', name: 'torch (lean)' },
  ],
  jax: [{ variant: 'lean', name: 'jax' }],
};

/**
 * Reads `torch,jax`.
 *
 * @throws UsageError for another name
 */
export function parsePeers(text: string): Peer[] {
  return text.split(',').map((given) => {
    const peer = PEERS.find((known) => known === given.trim());
    if (!peer)
      throw new UsageError(
        `--peers can't be ${JSON.stringify(text)}`,
        `Give one or more of ${PEERS.join(', ')}, separated by commas.`,
      );
    return peer;
  });
}

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
  /** Environment steps per second of the whole training loop on HalfCheetah-v5 with Gymnasium. PyTorch only. */
  loop(steps: number, warmup: number): Promise<number>;
}

/** Checks that the peers' environment was set up. */
export function checkPeersInstalled(python = peerPython): void {
  if (!existsSync(python))
    throw new CliError(
      'the peers are not installed',
      'Run npm run peers:setup, which needs Python 3.11 or newer and about 6 GB, or leave --peers out.',
    );
}

/** Starts one contestant for each version of the update that the framework has. */
export async function peerContestants(peer: Peer, measured: Measured): Promise<PeerContestant[]> {
  checkPeersInstalled();
  const started: PeerContestant[] = [];
  for (const { variant, name } of VARIANTS[peer])
    started.push(await startPeer(peer, variant, name, measured));
  return started;
}

async function startPeer(
  peer: Peer,
  variant: string,
  name: string,
  { threads, ...sizes }: Measured,
): Promise<PeerContestant> {
  const child = spawn(peerPython, ['worker.py', peer, '--threads', String(threads)], {
    cwd: peersFolder,
    stdio: ['pipe', 'pipe', 'inherit'],
    // Gymnasium warns at each start of things that it does itself.
    env: { ...process.env, PYTHONWARNINGS: 'ignore' },
  });
  // A process that has ended breaks the pipe; that it gives no answer is reported below.
  child.stdin.on('error', () => {});
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
  const { versions } = await ask({ command: 'setup', variant, ...sizes });
  return {
    name,
    versions,
    update: async (runs) => (await ask({ command: 'update', runs })).milliseconds,
    act: async (runs, rows) => (await ask({ command: 'act', runs, rows })).milliseconds,
    loop: async (steps, warmup) =>
      (await ask({ command: 'loop', steps, warmup })).stepsPerSecond ?? Number.NaN,
    close: async () => {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
    },
  };
}
