/// <reference lib="es2024.sharedmemory" />
import { DataError } from '@meow-rl/graph';
import { Worker } from 'node:worker_threads';

import { Control } from './memory.ts';
import { Command } from './protocol.ts';
import type { CommandName, ThreadReady, ThreadSetup } from './protocol.ts';

/** The threads of a learner, which do one command at a time together. */
export interface ThreadTeam {
  /** What each said when it was ready. */
  readonly ready: readonly ThreadReady[];
  /** Throws if a command is under way, or none can be given any more. */
  expectIdle(): void;
  /** Has all threads do a command; the process stays alive that long. */
  run(command: CommandName): Promise<void>;
  /** The same for a command of milliseconds, blocking until it is done. */
  runNow(command: CommandName): void;
  /** Ends all threads, after the command under way. Ending twice is fine. */
  end(): Promise<void>;
}

// From sources (.ts) and from what is published (.js).
const entry = new URL(`./learner-thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);

/** A thread between two updates answers in milliseconds: one that doesn't in this time never will. */
const ANSWER_MILLISECONDS = 30_000;

const RESTORE = 'Make a new agent and restore its last saved state.';

/**
 * Starts a thread for each index and waits until all are ready.
 *
 * @throws Error naming the thread that could not be started
 */
export async function startTeam(setup: Omit<ThreadSetup, 'index'>): Promise<ThreadTeam> {
  const { threads, memory } = setup;
  const { control } = memory;
  const workers: Worker[] = [];
  const exits: Promise<void>[] = [];
  let failure: Error | undefined;
  let running: Promise<void> | undefined;
  let ending: Promise<void> | undefined;
  let stopped = false;
  let interrupt: ((error: Error) => void) | undefined;

  const stopAll = async () => {
    stopped = true;
    Atomics.store(control, Control.abandoned, 1);
    for (const place of [Control.go, Control.arrivals]) Atomics.notify(control, place);
    const giveUp = setTimeout(() => {
      for (const worker of workers) void worker.terminate();
    }, ANSWER_MILLISECONDS);
    await Promise.all(exits);
    clearTimeout(giveUp);
  };

  // The others may wait for the gradient of the one that ended: without it they can't go on.
  const fail = (index: number, problem: string, cause?: unknown) => {
    if (failure || stopped) return;
    failure = new Error(
      `meow: learner thread ${index} (of ${threads}) ended: ${problem.trim().replace(/\.$/, '')}. Its agent can't update any more. ${RESTORE}`,
      { cause },
    );
    interrupt?.(failure);
    Atomics.notify(control, Control.done);
    void stopAll();
  };

  const start = (index: number): Promise<ThreadReady> => {
    const worker = new Worker(entry, {
      workerData: { ...setup, index } satisfies ThreadSetup,
      name: `learner ${index}`,
      ...threadArguments(),
    });
    workers.push(worker);
    exits.push(new Promise((resolve) => void worker.once('exit', () => resolve())));
    worker.once('error', (error: unknown) =>
      fail(index, error instanceof Error ? error.message : String(error), error),
    );
    worker.once('exit', (code) => fail(index, `exit code ${code}`));
    return new Promise((resolve) => {
      worker.once('message', resolve);
    });
  };

  const started = new Promise<never>((_, reject) => {
    interrupt = reject;
  });
  const startAll = async () => Promise.all(Array.from({ length: threads }, (_, index) => start(index)));
  const ready = await Promise.race([startAll(), started]).catch(async (error: unknown) => {
    // Those that have started would keep the process alive.
    await stopAll();
    throw error;
  });
  for (const worker of workers) worker.unref();
  // A wait on shared memory doesn't keep the process alive by itself.
  const underWay = setInterval(() => {}, 2 ** 30).unref();

  const give = (name: CommandName): number => {
    const command = (Atomics.load(control, Control.go) + 1) | 0;
    control[Control.command] = Command[name];
    control[Control.busy] = threads;
    Atomics.store(control, Control.go, command);
    Atomics.notify(control, Control.go);
    return command;
  };

  const finish = async (command: number) => {
    underWay.ref();
    try {
      for (;;) {
        if (failure) throw failure;
        const done = Atomics.load(control, Control.done);
        if (done === command) return;
        const wait = Atomics.waitAsync(control, Control.done, done);
        if (wait.async) await wait.value;
      }
    } finally {
      underWay.unref();
    }
  };

  const run = async (name: CommandName) => {
    running = finish(give(name));
    try {
      await running;
    } finally {
      running = undefined;
    }
  };

  return {
    ready,
    expectIdle: () => {
      if (failure) throw failure;
      if (ending) throw new DataError('meow: the agent was disposed of.');
      if (running) throw new DataError('meow: the update has not finished. Await it first.');
    },
    run,
    runNow: (name) => {
      const command = give(name);
      const deadline = performance.now() + ANSWER_MILLISECONDS;
      for (;;) {
        const done = Atomics.load(control, Control.done);
        if (done === command) return;
        const left = deadline - performance.now();
        if (left > 0 && Atomics.load(control, Control.lost) === 0) {
          // Not all of it at once: a thread that ends just before this doesn't wake it.
          Atomics.wait(control, Control.done, done, Math.min(left, 100));
          continue;
        }
        const index = Atomics.load(control, Control.lost) - 1;
        const problem =
          index < 0
            ? `a learner thread (of ${threads}) did not answer within ${ANSWER_MILLISECONDS / 1000} seconds`
            : `learner thread ${index} (of ${threads}) ended`;
        failure ??= new Error(`meow: ${problem}. Its agent can't update any more. ${RESTORE}`);
        void stopAll();
        throw failure;
      }
    },
    end: () => {
      ending ??= (async () => {
        await running?.catch(() => {});
        clearInterval(underWay);
        if (failure) return stopAll();
        stopped = true;
        for (const worker of workers) worker.ref();
        give('end');
        await Promise.all(exits);
      })();
      return ending;
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
