import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { rayJobs } from '../sweep/ray-jobs.ts';

/** A Ray cluster of one node. */
export interface RayHead {
  readonly address: string;
  close(): Promise<void>;
}

/** Ray waits half a minute for its parts, which may be too short on a machine that is busy. */
const ATTEMPTS = 3;

/**
 * Starts a Ray head on this machine, with two CPUs.
 *
 * @param ray the command
 * @param folder for its files; short, as it makes sockets in it
 * @param token that it asks for
 */
export async function startRayHead(ray: string, folder: string, token?: string): Promise<RayHead> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await tryRayHead(ray, `${folder}${attempt}`, token);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

async function tryRayHead(ray: string, folder: string, token: string | undefined): Promise<RayHead> {
  const [dashboard, agent, client] = await Promise.all([freePort(), freePort(), freePort()]);
  const child = spawn(
    ray,
    [
      ...'start --head --block --disable-usage-stats --num-cpus=2 --object-store-memory=100000000 --port=0'.split(
        ' ',
      ),
      '--dashboard-host=127.0.0.1',
      `--dashboard-port=${dashboard}`,
      `--dashboard-agent-listen-port=${agent}`,
      `--ray-client-server-port=${client}`,
      `--temp-dir=${folder}`,
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: {
        ...process.env,
        RAY_DASHBOARD_STARTUP_TIMEOUT_S: '300',
        PATH: `${path.dirname(ray)}${path.delimiter}${process.env['PATH']}`,
        RAY_AUTH_MODE: token === undefined ? 'disabled' : 'token',
        ...(token !== undefined && { RAY_AUTH_TOKEN: token }),
      },
    },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
  const ended = once(child, 'exit');
  const address = `http://127.0.0.1:${dashboard}`;
  const jobs = rayJobs(address, token);
  while ((await jobs.cpus().catch(() => 0)) < 2) {
    if (child.exitCode !== null) {
      killGroup(child.pid);
      throw new Error(`ray start ended: ${said}`);
    }
    await pause(500);
  }
  return {
    address,
    // With --block the command ends what it has started.
    close: async () => {
      child.kill('SIGTERM');
      await ended;
      killGroup(child.pid);
    },
  };
}

/** Ends what a process has started, of which some may be left. */
function killGroup(pid = 0): void {
  try {
    if (pid > 0) process.kill(-pid, 'SIGKILL');
  } catch {
    // All have ended.
  }
}

/** A port that nothing listens on, above those that Ray gives its workers. */
async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    server.close();
    await once(server, 'close');
    if (typeof address === 'object' && address && address.port >= 20_000) return address.port;
  }
}
