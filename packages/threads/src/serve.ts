import { setImmediate as turn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

import { barrier } from './barrier.ts';
import { Control, END, endIfAbandoned, isAbandoned } from './control.ts';
import { portableError } from './plain-data.ts';
import type { Protocol, ThreadReady, ThreadSetup } from './protocol.ts';
import { waitWhile } from './wait.ts';

// A thread that waits for commands doesn't run its event loop, which is what prints and frees; so it does now and then.
const TURN_MILLISECONDS = 50;

/** What a thread knows of itself and of the others. */
export interface ThreadContext<P extends Protocol> {
  readonly data: P['data'];
  readonly index: number;
  /** Threads of the team, with the calling one if that takes part. */
  readonly count: number;
  /**
   * A barrier inside a command: returns once all threads have called it as often as this one. If one of them is lost, it
   * doesn't return, and the thread ends.
   */
  readonly meet: () => void;
}

/** What a thread does. */
export interface Service<P extends Protocol> {
  readonly ready: P['ready'];
  /** Its part of each command. What it throws loses the thread, and so the team. */
  readonly commands: Readonly<Record<P['command'], () => void | Promise<void>>>;
  /** Done last, when the team is ended. */
  end?(): void | Promise<void>;
}

/**
 * The main function of a module that `startThreads` starts threads with: makes what the thread needs, says that it is ready, and
 * does the thread's part of each command until the team ends.
 *
 * @throws Error where the module wasn't started by `startThreads`, and whatever the thread can't go on after
 */
export async function serve<P extends Protocol>(
  make: (context: ThreadContext<P>) => Service<P> | Promise<Service<P>>,
): Promise<void> {
  if (!parentPort || !isSetup<P>(workerData))
    throw new Error(
      'serve: this module is the entry of a worker thread. Give its URL to startThreads({ entry }), and import something else.',
    );
  const { control, data, index, count, awakeMilliseconds } = workerData;
  let asked = false;
  // The calling thread may be blocked until a command is done, and can't see a thread end.
  process.once('exit', () => {
    if (asked || isAbandoned(control)) return;
    Atomics.store(control, Control.lost, 1 + index);
    Atomics.notify(control, Control.done);
  });
  try {
    const meet = barrier(control, count, { expect: () => endIfAbandoned(control) });
    const { ready, commands, end } = await make({ data, index, count, meet });
    const message: ThreadReady<P> = { ready, commands: Object.keys(commands) };
    parentPort.postMessage(message, []);
    await doCommands(control, Object.values(commands), awakeMilliseconds);
    asked = true;
    await end?.();
  } catch (error) {
    throw portableError(error);
  }
}

/** Does commands as they come, until the one to end. */
async function doCommands(
  control: Int32Array,
  commands: readonly (() => void | Promise<void>)[],
  awakeMilliseconds: number,
): Promise<void> {
  // Awake only right after a command: one that comes later finds the thread asleep.
  let awake = 0;
  let turned = performance.now();
  for (let seen = 0; ;) {
    waitWhile(control, Control.go, seen, {
      awakeMilliseconds: awake,
      asleepMilliseconds: TURN_MILLISECONDS,
    });
    endIfAbandoned(control);
    // The number alone says whether there is a command: a wait may end for other reasons, or for the one just done.
    const number = Atomics.load(control, Control.go);
    const idle = number === seen;
    awake = idle ? 0 : awakeMilliseconds;
    if (!idle) {
      seen = number;
      const command = control[Control.command] ?? END;
      if (command === END) return;
      // Not awaited where there is nothing to wait for.
      const pending = commands[command]?.();
      if (pending) await pending;
      if (Atomics.sub(control, Control.busy, 1) === 1) {
        Atomics.store(control, Control.done, number);
        Atomics.notify(control, Control.done);
      }
    }
    if (idle || performance.now() - turned >= TURN_MILLISECONDS) {
      await turn();
      turned = performance.now();
    }
  }
}

const isSetup = <P extends Protocol>(data: unknown): data is ThreadSetup<P> =>
  typeof data === 'object' && data !== null && 'control' in data && data.control instanceof Int32Array;
