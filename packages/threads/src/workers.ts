import { Worker, type Transferable, type ResourceLimits } from 'node:worker_threads';

import { abandon } from './control.ts';
import type { Protocol, ThreadReady, ThreadSetup } from './protocol.ts';

/** How a worker thread ended that nobody asked to, as `problem`; see `Loss`. */
export interface WorkerEnd {
  readonly exitCode: number | undefined;
  readonly cause: unknown;
}

/** The worker threads of a team. */
export interface Workers<P extends Protocol> {
  /** Resolves once all are ready; if one of them ends before, never. */
  readonly ready: Promise<readonly ThreadReady<P>[]>;
  /** Whether they keep the process alive. */
  keepAlive(alive: boolean): void;
  /** Resolves once all have ended, which they were asked to: those that don't in time are terminated. */
  ended(): Promise<void>;
  /** Has them end where they next wait. Giving up twice is fine. */
  giveUp(): Promise<void>;
}

export interface WorkersOptions<P extends Protocol> {
  readonly entry: URL;
  readonly setups: readonly ThreadSetup<P>[];
  readonly control: Int32Array;
  readonly nameOf: (index: number) => string;
  readonly transferOf: (index: number) => readonly Transferable[];
  readonly resourceLimits: ResourceLimits | undefined;
  readonly graceMilliseconds: number;
  /** Called for each that ends or throws, whether it was asked to or not. */
  readonly onEnd: (index: number, end: WorkerEnd) => void;
}

/** Starts a worker thread for each of `setups`. */
export function startWorkers<P extends Protocol>(options: WorkersOptions<P>): Workers<P> {
  const { entry, setups, control, nameOf, transferOf, resourceLimits, graceMilliseconds, onEnd } = options;
  const workers: Worker[] = [];
  const exits: Promise<void>[] = [];
  let givenUp: Promise<void> | undefined;

  const start = (setup: ThreadSetup<P>): Promise<ThreadReady<P>> => {
    const { index } = setup;
    const worker = new Worker(entry, {
      workerData: setup,
      transferList: [...transferOf(index)],
      name: nameOf(index),
      ...threadArguments(),
      ...(resourceLimits && { resourceLimits }),
    });
    workers.push(worker);
    exits.push(new Promise((resolve) => void worker.once('exit', () => resolve())));
    worker.once('error', (cause: unknown) => onEnd(index, { cause, exitCode: undefined }));
    worker.once('exit', (exitCode) => onEnd(index, { cause: undefined, exitCode }));
    return new Promise((resolve) => {
      worker.once('message', resolve);
    });
  };
  // What can't be copied to a thread throws.
  const startAll = async () => Promise.all(setups.map(start));

  const keepAlive = (alive: boolean) => {
    for (const worker of workers) {
      if (alive) worker.ref();
      else worker.unref();
    }
  };
  const ended = async () => {
    keepAlive(true);
    const terminating = setTimeout(() => {
      for (const worker of workers) void worker.terminate();
    }, graceMilliseconds);
    await Promise.all(exits);
    clearTimeout(terminating);
  };
  return {
    ready: startAll(),
    keepAlive,
    ended,
    giveUp: () => {
      if (!givenUp) {
        abandon(control);
        givenUp = ended();
      }
      return givenUp;
    },
  };
}

/**
 * What says how a script on the command line is to be read doesn't go for a file. Given only where there is that: of arguments
 * that are given, not inherited, threads refuse those that hold for the whole process.
 */
function threadArguments(): { execArgv?: string[] } {
  const given = process.execArgv;
  const at = given.findIndex((argument) => argument.startsWith('--input-type'));
  if (at < 0) return {};
  return { execArgv: given.toSpliced(at, given[at] === '--input-type' ? 2 : 1) };
}
