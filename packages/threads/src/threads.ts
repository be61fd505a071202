import type { ResourceLimits, Transferable } from 'node:worker_threads';

import type { Loss, Protocol } from './protocol.ts';

/** Threads that do one command at a time together. */
export interface Threads<P extends Protocol> {
  /** What each thread said when it was ready, without the calling one. */
  readonly ready: readonly P['ready'][];
  /** Why no command can be given any more: a thread was lost, or the command under way was interrupted. */
  readonly failure: Error | undefined;
  /** The command under way. */
  readonly running: P['command'] | undefined;
  /** Whether `end` was called. */
  readonly ended: boolean;
  /**
   * Throws if a command is under way, or none can be given any more.
   *
   * @param call what is refused then, such as `step()`
   */
  expectIdle(call: string): void;
  /** Has all threads do a command. The calling thread is free meanwhile; the process stays alive that long. */
  run(command: P['command']): Promise<void>;
  /** The same for a command of which the calling thread does a part; it blocks from the end of that until all are done. */
  runWith(command: P['command'], part: () => Promise<void>): Promise<void>;
  /** A command that the calling thread does by itself; the others sleep on. If it fails the threads are given up, as in `runWith`. */
  runAlone(command: P['command'], part: () => Promise<void>): Promise<void>;
  /** The same as `run` for a command of milliseconds, blocking until it is done. */
  runNow(command: P['command']): void;
  /** The calling thread's side of the barrier inside a command, see `ThreadContext`. It throws if a thread is lost. */
  meet(): void;
  /** Gives the threads up: the command under way and all later ones fail with `reason`. */
  interrupt(reason: Error): void;
  /**
   * Ends all threads, after the command under way. Ending twice is fine.
   *
   * @throws Error where what a thread does last fails
   */
  end(): Promise<void>;
}

/** Options of `startThreads`. */
export interface ThreadsOptions<P extends Protocol> {
  /** Begins error messages. */
  readonly name: string;
  /** Module that the threads start with, see `serve`. */
  readonly entry: URL;
  /** Threads, with the calling one if that takes part. */
  readonly count: number;
  /** Whether the calling thread is the first of them, with index 0, and does its part in `runWith`. Default: false. */
  readonly callerTakesPart?: boolean;
  /** What each thread starts with. */
  readonly dataOf: (index: number) => P['data'];
  /** What in that is moved to the thread instead of copied. Default: nothing. */
  readonly transferOf?: (index: number) => readonly Transferable[];
  /** How long a thread stays awake after a command, waiting for the next one. */
  readonly awakeMilliseconds: number;
  /** How long the calling thread is blocked by a command at most. Default: 30,000. */
  readonly answerMilliseconds?: number;
  /**
   * How long threads that are to end may take for that before they are terminated; native code can crash by being terminated.
   * Default: 30,000.
   */
  readonly graceMilliseconds?: number;
  /** Default: Node's own. */
  readonly resourceLimits?: ResourceLimits;
  /** What a thread is called in messages. Default: thread. */
  readonly threadName?: string;
  /** The error of commands after a thread is lost. Default: one that says `problem`. */
  readonly lossError?: (loss: Loss<P>) => Error;
}
