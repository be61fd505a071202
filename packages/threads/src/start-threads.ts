/// <reference lib="es2024.sharedmemory" />
import { barrier } from './barrier.ts';
import { Control, END, newControl } from './control.ts';
import { patience } from './patience.ts';
import { messageOf } from './plain-data.ts';
import type { Loss, Protocol, ThreadReady } from './protocol.ts';
import type { Threads, ThreadsOptions } from './threads.ts';
import { waiter } from './wait.ts';
import { startWorkers } from './workers.ts';

/** A thread answers in milliseconds where one waits for it: one that doesn't in this time never will. */
const PATIENCE_MILLISECONDS = 30_000;

/**
 * Starts threads and waits until all are ready. They are told of commands through shared memory, so that a command costs no
 * message and no allocation in a thread. When one of them is lost, all end.
 *
 * While no command is under way they don't keep the process alive.
 *
 * @throws RangeError for a number of threads that isn't positive, with one more where the calling thread takes part; the error
 *   of the thread that could not be started
 */
export const startThreads = <P extends Protocol>(options: ThreadsOptions<P>): Promise<Threads<P>> =>
  startThreadsOn(newControl(), options);

/** @param control as new, see {@link newControl} */
export async function startThreadsOn<P extends Protocol>(
  control: Int32Array,
  options: ThreadsOptions<P>,
): Promise<Threads<P>> {
  const {
    name,
    entry,
    count,
    callerTakesPart = false,
    dataOf,
    transferOf = () => [],
    awakeMilliseconds,
    answerMilliseconds = PATIENCE_MILLISECONDS,
    graceMilliseconds = PATIENCE_MILLISECONDS,
    resourceLimits,
    threadName = 'thread',
    lossError = ({ problem, cause }) =>
      new Error(`${name}: ${problem}. All its threads are ended; start new ones.`, { cause }),
  } = options;
  const first = callerTakesPart ? 1 : 0;
  if (!Number.isInteger(count) || count <= first)
    throw new RangeError(
      `${name}: the number of threads is ${count}, expected a whole number from ${first + 1} on.`,
    );
  type Command = P['command'];
  let failure: Error | undefined;
  let running: Command | undefined;
  let onIdle: (() => void) | undefined;
  let ending: Promise<void> | undefined;
  let endError: Error | undefined;
  // They were asked to end.
  let asked = false;
  let reject: ((error: Error) => void) | undefined;
  const interrupted = new Promise<never>((_, rejectInterrupted) => {
    reject = rejectInterrupted;
  });

  const giveUp = (error: Error): Error => {
    failure ??= error;
    reject?.(failure);
    Atomics.notify(control, Control.done);
    // The others may wait for the one that ended: without it they can't go on.
    void workers.giveUp();
    return failure;
  };
  const lossOf = (problem: string, details: Partial<Loss<P>> = {}): Error =>
    lossError({
      problem: problem.trim().replace(/\.$/, ''),
      thread: undefined,
      exitCode: undefined,
      cause: undefined,
      command: running,
      ...details,
    });
  const threadOf = (index: number) => `${threadName} ${index} (of ${count})`;

  const workers = startWorkers<P>({
    entry,
    control,
    graceMilliseconds,
    resourceLimits,
    transferOf,
    nameOf: (index) => `${threadName} ${index}`,
    setups: Array.from({ length: count - first }, (_, i) => ({
      control,
      data: dataOf(first + i),
      index: first + i,
      count,
      awakeMilliseconds,
    })),
    onEnd: (thread, { exitCode, cause }) => {
      if (failure) return;
      const lost = () =>
        lossOf(
          `${threadOf(thread)} ended: ${exitCode === undefined ? messageOf(cause) : `exit code ${exitCode}`}`,
          { thread, exitCode, cause },
        );
      if (!asked) giveUp(lost());
      else if (exitCode === undefined) endError ??= lost();
    },
  });
  const start = async () => {
    const messages = await Promise.race([workers.ready, interrupted]);
    return { messages, commands: commandsOf(messages, name) };
  };
  const { messages, commands } = await start().catch(async (error: unknown) => {
    // Those that have started wait for commands, and would keep the process alive.
    failure ??= error instanceof Error ? error : new Error(messageOf(error));
    await workers.giveUp();
    throw error;
  });
  workers.keepAlive(false);
  // A wait on shared memory doesn't keep the process alive by itself.
  const underWay = setInterval(() => {}, 2 ** 30).unref();

  const expectIdle = (call: string) => {
    if (failure)
      throw new Error(`${name}: ${call} was called after its threads were lost. Start new ones.`, {
        cause: failure,
      });
    if (ending) throw new Error(`${name}: ${call} was called after its threads were ended. Start new ones.`);
    if (running)
      throw new Error(
        `${name}: ${call} was called while the command "${running}" is under way. Await it first.`,
      );
  };

  const giveNumber = (command: number): number => {
    const number = (Atomics.load(control, Control.go) + 1) | 0;
    control[Control.command] = command;
    control[Control.busy] = count - first;
    Atomics.store(control, Control.go, number);
    Atomics.notify(control, Control.go);
    return number;
  };
  const give = (command: Command): number => {
    const index = commands.indexOf(command);
    if (index < 0)
      throw new RangeError(
        `${name}: its threads know no command "${command}". Give one of ${commands.join(', ')}.`,
      );
    return giveNumber(index);
  };

  const silence = () =>
    lossOf(`a ${threadName} (of ${count}) did not answer within ${answerMilliseconds / 1000} seconds`);
  const endedThread = () => Atomics.load(control, Control.lost) - 1;

  const wait = waiter();
  const others = patience(answerMilliseconds);
  /** Blocks until a command is done; returns whether it is, or a thread has ended. */
  const block = (number: number): boolean => {
    others.begin();
    for (;;) {
      const done = Atomics.load(control, Control.done);
      if (done === number) return true;
      if (endedThread() >= 0) return false;
      // Not all of it at once: a thread that ends just before this doesn't wake it.
      wait(control, Control.done, done);
      if (others.isOver() && Atomics.load(control, Control.done) !== number) throw giveUp(silence());
    }
  };

  const beginAlone = (command: Command) => {
    expectIdle(command);
    running = command;
    underWay.ref();
  };
  const begin = (command: Command): number => {
    expectIdle(command);
    const number = give(command);
    beginAlone(command);
    return number;
  };
  const failed = (cause: unknown): Error =>
    giveUp(lossOf(`the calling thread's part failed: ${messageOf(cause)}`, { cause }));
  const finish = () => {
    underWay.unref();
    running = undefined;
    onIdle?.();
  };

  return {
    ready: messages.map(({ ready }) => ready),
    get failure() {
      return failure;
    },
    get running() {
      return running;
    },
    get ended() {
      return ending !== undefined;
    },
    expectIdle,
    run: async (command) => {
      const number = begin(command);
      try {
        for (;;) {
          if (failure) throw failure;
          const done = Atomics.load(control, Control.done);
          if (done === number) return;
          const wait = Atomics.waitAsync(control, Control.done, done);
          if (wait.async) await wait.value;
        }
      } finally {
        finish();
      }
    },
    runWith: async (command, part) => {
      const number = begin(command);
      try {
        try {
          await part();
          if (block(number)) return;
        } catch (cause) {
          if (!failure && endedThread() < 0) throw failed(cause);
        }
        // What a thread that has ended said of the reason is still to come.
        await interrupted;
      } finally {
        finish();
      }
    },
    runAlone: async (command, part) => {
      beginAlone(command);
      try {
        await part();
      } catch (cause) {
        throw failed(cause);
      } finally {
        finish();
      }
    },
    runNow: (command) => {
      expectIdle(command);
      if (block(give(command))) return;
      const thread = endedThread();
      throw giveUp(lossOf(`${threadOf(thread)} ended`, { thread, command }));
    },
    meet: barrier(control, count, {
      begin: others.begin,
      expect: () => {
        const thread = endedThread();
        if (thread >= 0) throw new Error(`${threadOf(thread)} ended`);
        // One that runs out of memory ends without a word.
        if (others.isOver()) throw giveUp(silence());
      },
    }),
    interrupt: (reason) => {
      giveUp(reason);
    },
    end: () => {
      ending ??= (async () => {
        if (running !== undefined) {
          await new Promise<void>((resolve) => {
            onIdle = resolve;
          });
        }
        clearInterval(underWay);
        if (failure) return workers.giveUp();
        asked = true;
        giveNumber(END);
        await workers.ended();
        if (endError) throw endError;
      })();
      return ending;
    },
  };
}

/** The commands of all threads, in the order of their numbers. */
function commandsOf<P extends Protocol>(
  messages: readonly ThreadReady<P>[],
  name: string,
): readonly P['command'][] {
  const lists = new Set(messages.map(({ commands }) => commands.join(', ')));
  if (lists.size > 1)
    throw new Error(
      `${name}: its threads know different commands, ${[...lists].join(' and ')}. Have each serve the same, in the same order.`,
    );
  return messages[0]?.commands ?? [];
}
