import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';

import { codeOf } from '@meow-rl/files';

/** A process, told apart from those that get its number after it, as far as the system lets it. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Linux: which start of the machine it belongs to. */
  readonly boot?: string;
  /** Linux: where its number counts, which for containers is not the whole machine. */
  readonly namespace?: string;
  /** Linux: when it was started, in clock ticks since the machine was. */
  readonly started?: string;
}

/** Whether a process still lives. One on another host, or in another container, is out of sight. */
export type ProcessLife = 'running' | 'ended' | 'out of sight';

/** The identity of this process. */
export async function thisProcess(): Promise<ProcessIdentity> {
  const boot = (await contentOf('/proc/sys/kernel/random/boot_id'))?.trim();
  const namespace = await readlink('/proc/self/ns/pid').catch(() => undefined);
  const started = (await statOf(process.pid))?.started;
  return {
    pid: process.pid,
    host: hostname(),
    ...(boot !== undefined && { boot }),
    ...(namespace !== undefined && { namespace }),
    ...(started !== undefined && { started }),
  };
}

/** Whether a process still lives, as seen from this one. Where the system says no more, its number alone decides. */
export async function lifeOf({ pid, host, boot, namespace, started }: ProcessIdentity): Promise<ProcessLife> {
  const here = await thisProcess();
  // A machine may change its name while it runs.
  const sameBoot = boot !== undefined && boot === here.boot;
  if (!sameBoot && host !== here.host) return 'out of sight';
  if (differ(boot, here.boot)) return 'ended';
  if (differ(namespace, here.namespace)) return 'out of sight';
  if (!isKnown(pid)) return 'ended';
  const stat = await statOf(pid);
  // A zombie has ended, and keeps its number until its parent takes notice.
  if (stat && (differ(started, stat.started) || /[ZXx]/.test(stat.state))) return 'ended';
  return 'running';
}

/** Whether both are known and not the same. */
const differ = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && b !== undefined && a !== b;

function isKnown(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It is there, and belongs to another user.
    return codeOf(error) === 'EPERM';
  }
}

/** What Linux says of a process: man 5 proc_pid_stat, fields 3 and 22. */
async function statOf(pid: number): Promise<{ state: string; started: string } | undefined> {
  const text = await contentOf(`/proc/${pid}/stat`);
  // The second field is a name in brackets, which may hold blanks and brackets itself.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, started] = [fields?.[0], fields?.[19]];
  return state === undefined || started === undefined ? undefined : { state, started };
}

const contentOf = (file: string): Promise<string | undefined> =>
  readFile(file, 'utf8').catch(() => undefined);
