/// <reference lib="es2024.sharedmemory" />
import { DataError } from '@meow-rl/graph';
import { Worker } from 'node:worker_threads';

import { Control } from './memory.ts';
import { Command } from './protocol.ts';
import type { CommandName, ThreadReady, ThreadSetup } from './protocol.ts';
import { DURING_UPDATE, waitWhile } from './wait.ts';

/** The threads of a learner, which do one command at a time together. */
export interface ThreadTeam {
  /** What each of those that were interrupted said when it was ready. */
  readonly ready: readonly ThreadReady[];
  /** Throws if a command is under way, or none can be given any more. */
  expectIdle(): void;
  /** Has all threads do a command; the process stays alive that long. */
  run(command: CommandName): Promise<void>;
  /** The same for a command of which the calling thread does a part; it blocks from the end of that until all are done. */
  runWith(command: CommandName, part: () => Promise<void>): Promise<void>;
  /** The same for a command of milliseconds, blocking until it is done. */
  runNow(command: CommandName): void;
  /** Throws if a thread has ended that was not asked to, or doesn't answer, also while the calling thread blocks. */
  expectAll(): void;
  /** Ends all threads, after the command under way. Ending twice is fine. */
  end(): Promise<void>;
}

// From sources (.ts) and from what is published (.js).
const entry = new URL(`./learner-thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);

/** A thread between two updates answers in milliseconds: one that doesn't in this time never will. */
const ANSWER_MILLISECONDS = 30_000;

const RESTORE = 'Make a new agent and restore its last saved state.';

/**
 * Starts a thread for each index from `first` on and waits until all are ready.
 *
 * @param first those before it are the calling thread's
 * @throws Error naming the thread that could not be interrupted
 */
export async function startTeam(setup: Omit<ThreadSetup, 'index'>, first = 0): Promise<ThreadTeam> {
  const { threads, memory } = setup;
  const { control } = memory;
  const workers: Worker[] = [];
  const exits: Promise<void>[] = [];
  let failure: Error | undefined;
  let running: Promise<void> | undefined;
  let ending: Promise<void> | undefined;
  let stopped = false;
  // When the last command was.
  let given = 0;
  let interrupt: ((error: Error) => void) | undefined;

  const stopAll = async () => {
    stopped = true;
    Atomics.store(control, Control.abandoned, 1);
    for (const place of [Control.go, Control.arrivals]) Atomics.notify(control, place);
    const terminating = setTimeout(() => {
      for (const worker of workers) void worker.terminate();
    }, ANSWER_MILLISECONDS);
    await Promise.all(exits);
    clearTimeout(terminating);
  };

  // The others may wait for the gradient of the one that ended: without it they can't go on.
  const giveUp = (problem: string, cause?: unknown): Error => {
    failure ??= new Error(
      `meow: ${problem.trim().replace(/\.$/, '')}. Its agent can't update any more. ${RESTORE}`,
      { cause },
    );
    interrupt?.(failure);
    Atomics.notify(control, Control.done);
    void stopAll();
    return failure;
  };
  const threadOf = (index: number) => `learner thread ${index} (of ${threads})`;
  const fail = (index: number, problem: string, cause?: unknown) => {
    if (!failure && !stopped) giveUp(`${threadOf(index)} ended: ${problem}`, cause);
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

  const interrupted = new Promise<never>((_, reject) => {
    interrupt = reject;
  });
  const startAll = async () =>
    Promise.all(Array.from({ length: threads - first }, (_, i) => start(first + i)));
  const ready = await Promise.race([startAll(), interrupted]).catch(async (error: unknown) => {
    // Those that have interrupted would keep the process alive.
    await stopAll();
    throw error;
  });
  for (const worker of workers) worker.unref();
  // A wait on shared memory doesn't keep the process alive by itself.
  const underWay = setInterval(() => {}, 2 ** 30).unref();

  const give = (name: CommandName): number => {
    given = performance.now();
    const command = (Atomics.load(control, Control.go) + 1) | 0;
    control[Control.command] = Command[name];
    control[Control.busy] = threads - first;
    Atomics.store(control, Control.go, command);
    Atomics.notify(control, Control.go);
    return command;
  };

  const finish = async (command: number) => {
    for (;;) {
      if (failure) throw failure;
      const done = Atomics.load(control, Control.done);
      if (done === command) return;
      const wait = Atomics.waitAsync(control, Control.done, done);
      if (wait.async) await wait.value;
    }
  };

  const silent = `a learner thread (of ${threads}) did not answer within ${ANSWER_MILLISECONDS / 1000} seconds`;
  const lost = (): string | undefined => {
    const index = Atomics.load(control, Control.lost) - 1;
    return index < 0 ? undefined : `${threadOf(index)} ended`;
  };

  /** Blocks until a command is done; returns what is in the way of that. */
  const block = (command: number): string | undefined => {
    const deadline = performance.now() + ANSWER_MILLISECONDS;
    for (;;) {
      const done = Atomics.load(control, Control.done);
      if (done === command) return undefined;
      const left = deadline - performance.now();
      if (left <= 0) return silent;
      const problem = lost();
      if (problem !== undefined) return problem;
      // Not all of it at once: a thread that ends just before this doesn't wake it.
      waitWhile(control, Control.done, done, DURING_UPDATE);
    }
  };

  const share = async (name: CommandName, part: () => Promise<void>) => {
    const command = give(name);
    let problem: string | undefined;
    try {
      await part();
      problem = block(command);
    } catch (error) {
      if (lost() === undefined && !failure)
        throw giveUp(
          `the calling thread's part failed: ${error instanceof Error ? error.message : String(error)}`,
          error,
        );
    }
    // What a thread that has ended said of the reason is still to come.
    if (failure || lost() !== undefined) await interrupted;
    if (problem !== undefined) throw giveUp(problem);
  };

  const during = async (work: Promise<void>) => {
    running = work;
    underWay.ref();
    try {
      await work;
    } finally {
      underWay.unref();
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
    expectAll: () => {
      const problem = lost();
      if (problem !== undefined) throw new Error(problem);
      // One that runs out of memory ends without a word.
      if (performance.now() - given > ANSWER_MILLISECONDS) throw new Error(silent);
    },
    run: (name) => during(finish(give(name))),
    runWith: (name, part) => during(share(name, part)),
    runNow: (name) => {
      const problem = block(give(name));
      if (problem !== undefined) throw giveUp(problem);
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
