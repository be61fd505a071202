/// <reference lib="es2024.sharedmemory" />
import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads';

import { box, sameBox, type Box } from '../box.ts';
import type { WorkerMessage } from './infos.ts';
import { messageOf, sendPlain } from './plain-data.ts';
import {
  blockBytes,
  Command,
  Control,
  messagesPlace,
  rowPlace,
  sharedBlock,
  type CommandName,
  type SharedBlock,
} from './shared-block.ts';
import type { RowBlock } from './spread-rows.ts';
import type { ThreadData, ThreadMemory, ThreadReady } from './thread-data.ts';
import type { WorkerVectorEnvOptions } from './worker-options.ts';

/** The threads of a vector environment, which do one command at a time together. */
export interface Team {
  readonly observationSpace: Box;
  readonly actionSpace: Box;
  readonly block: SharedBlock;
  /** Throws if a command is under way, or none can be given any more. */
  expectIdle(call: string): void;
  /**
   * Has all workers do a command; gives what each of them sent.
   *
   * @param requests one argument per worker
   */
  run(command: CommandName, requests?: readonly object[]): Promise<(readonly WorkerMessage[])[]>;
  /** Ends all threads. Rejects if an environment can't be closed. Closing twice is fine. */
  close(): Promise<void>;
}

/** What {@link startTeam} needs to know. */
export interface TeamOptions extends WorkerVectorEnvOptions {
  readonly autoresetMode: NonNullable<WorkerVectorEnvOptions['autoresetMode']>;
  /** Begins error messages. */
  readonly where: string;
  /** The rows of each worker. */
  readonly parts: readonly RowBlock[];
}

interface Member {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly exited: Promise<void>;
}

// From sources (.ts) and from what is published (.js).
const entry = new URL(`./thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** Starts a thread for each of `parts` and waits until their environments are there. */
export async function startTeam(options: TeamOptions): Promise<Team> {
  const { where, parts, numEnvs } = options;
  sendPlain(options.options, `${where}: options`, () => structuredClone(options.options));
  let failure: Error | undefined;
  let block: SharedBlock | undefined;
  let running: CommandName | undefined;
  let closing: Promise<void> | undefined;
  let ending = false;
  let interrupt: ((error: Error) => void) | undefined;
  const members: Member[] = [];

  const endThreads = async () => {
    ending = true;
    await Promise.all(
      members.map(async ({ worker, port, exited }) => {
        port.close();
        await worker.terminate();
        await exited;
      }),
    );
  };

  const fail = (error: Error) => {
    if (failure || ending) return;
    failure = error;
    interrupt?.(error);
    if (block) Atomics.notify(block.control, Control.done);
    void endThreads();
  };

  const startMember = (rows: RowBlock, worker: number): Promise<ThreadReady> => {
    const { port1, port2 } = new MessageChannel();
    const thread = new Worker(entry, {
      workerData: threadData(options, rows, worker, port2),
      transferList: [port2],
      ...threadArguments(),
      ...(options.maxHeapMegabytes !== undefined && {
        resourceLimits: { maxOldGenerationSizeMb: options.maxHeapMegabytes },
      }),
    });
    const lost = (problem: string, cause?: unknown) =>
      fail(lossError({ options, rows, worker, block, running, problem, cause }));
    const exited = new Promise<void>((resolve) => {
      thread.once('exit', (code) => {
        resolve();
        lost(`its thread ended with exit code ${code}`);
      });
    });
    thread.once('error', (error: unknown) => lost(messageOf(error), error));
    members.push({ worker: thread, port: port1, exited });
    return new Promise((resolve) => {
      thread.once('message', resolve);
    });
  };

  const started = new Promise<never>((_, reject) => {
    interrupt = reject;
  });

  const start = async () => {
    const ready = await Promise.race([Promise.all(parts.map(startMember)), started]);
    const [observationSpace, actionSpace] = commonSpaces(ready, where);
    const shape = {
      numEnvs,
      workers: parts.length,
      width: observationSpace.size,
      actionWidth: actionSpace.size,
    };
    const buffer = new SharedArrayBuffer(blockBytes(shape));
    const shared = sharedBlock(buffer, shape);
    const memory: ThreadMemory = { buffer, ...shape };
    shared.infoShapes.fill(-1);
    for (const [worker, member] of members.entries()) {
      shared.control[rowPlace(worker)] = -1;
      member.worker.postMessage(memory, []);
      member.worker.unref();
    }
    return { observationSpace, actionSpace, shared };
  };

  const { observationSpace, actionSpace, shared } = await start().catch(async (error: unknown) => {
    // Threads that started wait for their memory, and would keep the process alive for ever.
    await endThreads();
    throw error;
  });
  block = shared;
  const { control } = shared;
  // A wait on shared memory doesn't keep the process alive by itself.
  const underWay = setInterval(() => {}, 2 ** 30).unref();

  const finished = async (before: number, command: number) => {
    while (Atomics.load(control, Control.done) !== command) {
      if (failure) throw failure;
      const wait = Atomics.waitAsync(control, Control.done, before);
      if (wait.async) await wait.value;
    }
  };

  const run: Team['run'] = async (name, requests = []) => {
    const before = Atomics.load(control, Control.go);
    const command = (before + 1) | 0;
    for (const [worker, request] of requests.entries()) members[worker]?.port.postMessage(request, []);
    control[Control.command] = Command[name];
    control[Control.busy] = members.length;
    running = name;
    underWay.ref();
    Atomics.store(control, Control.go, command);
    Atomics.notify(control, Control.go);
    try {
      await finished(before, command);
    } finally {
      underWay.unref();
      running = undefined;
    }
    return members.map(({ port }, worker) => received(port, control[messagesPlace(worker)] ?? 0));
  };

  return {
    observationSpace,
    actionSpace,
    block: shared,
    run,
    expectIdle(call) {
      if (failure) {
        throw new Error(`${where}: ${call} was called after it was closed by a failure. Make a new one.`, {
          cause: failure,
        });
      }
      if (closing) throw new Error(`${where}: ${call} was called after close(). Make a new one.`);
      if (running) {
        throw new Error(`${where}: ${call} was called while ${running}() is under way. Await it first.`);
      }
    },
    close() {
      closing ??= (async () => {
        if (running) fail(new Error(`${where}: close() was called while ${running}() was under way.`));
        try {
          if (!failure) await run('close');
        } finally {
          clearInterval(underWay);
          await endThreads();
        }
      })();
      return closing;
    },
  };
}

const threadData = (options: TeamOptions, rows: RowBlock, worker: number, port: MessagePort): ThreadData => ({
  imports: (options.imports ?? []).map(String),
  module: String(options.module),
  exportName: options.exportName ?? 'registry',
  factory: options.factory ?? false,
  id: options.id,
  maxSteps: options.maxSteps,
  options: options.options,
  rescaleActions: options.rescaleActions ?? false,
  autoresetMode: options.autoresetMode,
  worker,
  ...rows,
  port,
});

const received = (port: MessagePort, count: number) =>
  Array.from({ length: count }, (): WorkerMessage => receiveMessageOnPort(port)?.message);

function commonSpaces(ready: readonly ThreadReady[], where: string): readonly [Box, Box] {
  const spaces = ready.map(
    ({ observationSpace, actionSpace }) => [box(observationSpace), box(actionSpace)] as const,
  );
  const [first] = spaces;
  if (!first) throw new RangeError(`${where}: no threads.`);
  for (const [observationSpace, actionSpace] of spaces) {
    if (sameBox(observationSpace, first[0]) && sameBox(actionSpace, first[1])) continue;
    throw new RangeError(
      `${where}: its threads made environments of different spaces. Have the registry make the same one each time.`,
    );
  }
  return first;
}

interface Loss {
  readonly options: TeamOptions;
  readonly rows: RowBlock;
  readonly worker: number;
  readonly block: SharedBlock | undefined;
  readonly running: CommandName | undefined;
  readonly problem: string;
  readonly cause: unknown;
}

/** Why a thread was lost, and over which environment and action if it was working on one. */
function lossError({ options: { where, id }, rows, worker, block, running, problem, cause }: Loss): Error {
  const row = block?.control[rowPlace(worker)] ?? -1;
  const made = block ? `${id} failed` : `${id} could not be made`;
  const which =
    row < 0
      ? `environments ${rows.first} to ${rows.first + rows.count - 1} of ${made}`
      : `environment ${row} of ${made}`;
  const action =
    running === 'step' && block && row >= 0 ? ` with action [${actionOf(block, row).join(', ')}]` : '';
  const when = running && row >= 0 ? ` in ${running}()${action}` : '';
  return new Error(
    `${where}: ${which}${when}: ${problem.replace(/\.$/, '')}. All its threads are ended; make a new one.`,
    {
      cause,
    },
  );
}

function actionOf({ actions, rewards }: SharedBlock, row: number): Float64Array {
  const width = actions.length / rewards.length;
  return actions.slice(row * width, (row + 1) * width);
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
