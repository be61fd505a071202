import { MessageChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads';

import { messageOf, sendPlain, siblingModule, startThreads, type Loss } from '@meow-rl/threads';

import { box, sameBox, type Box } from '../box.ts';
import type { WorkerMessage } from './infos.ts';
import { blockBytes, sharedBlock, type SharedBlock } from './shared-block.ts';
import type { RowBlock } from './spread-rows.ts';
import type { CommandName, ThreadData, ThreadMemory, ThreadReady, WorkerProtocol } from './thread-data.ts';
import type { WorkerVectorEnvOptions } from './worker-options.ts';

/** The threads of a vector environment, which do one command at a time together. */
export interface Team {
  /** The environments' own id. */
  readonly id: string;
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

/** Where a worker's messages go to and come from. */
interface Channel {
  /** Its rows. */
  readonly rows: RowBlock;
  readonly port1: MessagePort;
  /** The worker's end. */
  readonly port2: MessagePort;
}

/**
 * Going to sleep and being woken takes longer than a few steps; the next command often comes before that. Where a policy acts in
 * between it comes later, and the calling thread has to share the processors with those that wait awake.
 */
const AWAKE_MILLISECONDS = 0.05;

/** Starts a thread for each of `parts` and waits until their environments are there. */
export async function startTeam(options: TeamOptions): Promise<Team> {
  const { where, parts, numEnvs, maxHeapMegabytes } = options;
  sendPlain(options.options, `${where}: options`, () => structuredClone(options.options));
  let block: SharedBlock | undefined;
  const channels = parts.map((rows): Channel => {
    const { port1, port2 } = new MessageChannel();
    return { rows, port1, port2 };
  });
  const channelOf = (worker: number) => {
    const channel = channels[worker];
    if (!channel) throw new RangeError(`${where}: there is no worker ${worker}.`);
    return channel;
  };
  const threads = await startThreads<WorkerProtocol>({
    name: where,
    entry: siblingModule('thread', import.meta.url),
    count: parts.length,
    dataOf: (worker) => threadData(options, channelOf(worker)),
    transferOf: (worker) => [channelOf(worker).port2],
    awakeMilliseconds: AWAKE_MILLISECONDS,
    // What an environment does may take for ever.
    graceMilliseconds: 0,
    ...(maxHeapMegabytes !== undefined && {
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMegabytes },
    }),
    lossError: (loss) => lossError({ options, block, loss }),
  });

  const send = (requests: readonly object[]) => {
    for (const [worker, request] of requests.entries()) channels[worker]?.port1.postMessage(request, []);
  };

  const share = async () => {
    const kind = commonKind(threads.ready, where);
    const shape = {
      numEnvs,
      workers: parts.length,
      width: kind.observationSpace.size,
      actionWidth: kind.actionSpace.size,
    };
    const buffer = new SharedArrayBuffer(blockBytes(shape));
    const memory: ThreadMemory = { buffer, ...shape };
    const shared = sharedBlock(buffer, shape);
    shared.infoShapes.fill(-1);
    shared.rowOf.fill(-1);
    send(parts.map(() => memory));
    await threads.run('share');
    return { kind, shared };
  };
  const { kind, shared } = await share().catch(async (error: unknown) => {
    await threads.end();
    throw error;
  });
  block = shared;

  const run: Team['run'] = async (name, requests = []) => {
    send(requests);
    await threads.run(name);
    return channels.map(({ port1 }, worker) => received(port1, shared.messagesOf[worker] ?? 0));
  };

  let closing: Promise<void> | undefined;
  const close = async () => {
    const { running } = threads;
    if (running !== undefined)
      threads.interrupt(new Error(`${where}: close() was called while ${running}() was under way.`));
    try {
      if (!threads.failure) await run('close');
    } finally {
      await threads.end();
      for (const { port1 } of channels) port1.close();
    }
  };
  return {
    ...kind,
    block: shared,
    run,
    expectIdle(call) {
      const { failure, running } = threads;
      if (failure) {
        throw new Error(`${where}: ${call} was called after it was closed by a failure. Make a new one.`, {
          cause: failure,
        });
      }
      if (closing) throw new Error(`${where}: ${call} was called after close(). Make a new one.`);
      if (running !== undefined) {
        throw new Error(`${where}: ${call} was called while ${running}() is under way. Await it first.`);
      }
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

const threadData = (options: TeamOptions, { rows, port2: port }: Channel): ThreadData => ({
  imports: (options.imports ?? []).map(String),
  module: String(options.module),
  exportName: options.exportName ?? 'registry',
  factory: options.factory ?? false,
  id: options.id,
  maxSteps: options.maxSteps,
  options: options.options,
  rescaleActions: options.rescaleActions ?? false,
  restsAfterEpisode: options.restsAfterEpisode ?? false,
  autoresetMode: options.autoresetMode,
  ...rows,
  port,
});

const received = (port: MessagePort, count: number) =>
  Array.from({ length: count }, (): WorkerMessage => receiveMessageOnPort(port)?.message);

/** What the environments of all threads have in common; the id is that of the first, as in `vectorEnv`. */
function commonKind(
  ready: readonly ThreadReady[],
  where: string,
): Pick<Team, 'id' | 'observationSpace' | 'actionSpace'> {
  const kinds = ready.map(({ id, observationSpace, actionSpace }) => ({
    id,
    observationSpace: box(observationSpace),
    actionSpace: box(actionSpace),
  }));
  const [first] = kinds;
  if (!first) throw new RangeError(`${where}: no threads.`);
  for (const { observationSpace, actionSpace } of kinds) {
    if (sameBox(observationSpace, first.observationSpace) && sameBox(actionSpace, first.actionSpace))
      continue;
    throw new RangeError(
      `${where}: its threads made environments of different spaces. Have the registry make the same one each time.`,
    );
  }
  return first;
}

interface LossContext {
  readonly options: TeamOptions;
  readonly block: SharedBlock | undefined;
  readonly loss: Loss<WorkerProtocol>;
}

/** Why a thread was lost, and over which environment and action if it was working on one. */
function lossError({ options: { where, id, parts }, block, loss }: LossContext): Error {
  const { thread = -1, command, exitCode, cause } = loss;
  const problem = exitCode === undefined ? messageOf(cause) : `its thread ended with exit code ${exitCode}`;
  const row = block?.rowOf[thread] ?? -1;
  const made = block ? `${id} failed` : `${id} could not be made`;
  const { first, count } = parts[thread] ?? { first: 0, count: 0 };
  const which =
    row < 0 ? `environments ${first} to ${first + count - 1} of ${made}` : `environment ${row} of ${made}`;
  const action =
    command === 'step' && block && row >= 0 ? ` with action [${actionOf(block, row).join(', ')}]` : '';
  const when = command && row >= 0 ? ` in ${command}()${action}` : '';
  return new Error(
    `${where}: ${which}${when}: ${problem.replace(/\.$/, '')}. ${remedyFor(problem)}All its threads are ended; make a new one.`,
    { cause },
  );
}

/** Loaders that the calling thread was started with aren't there in the others. Node's words, as errors lose their code between threads. */
const remedyFor = (problem: string): string =>
  problem.includes('Unknown file extension')
    ? 'Threads need a loader of their own, as imports: [new URL("./loader.js", import.meta.url)] with a module that registers it. '
    : '';

function actionOf({ actions, rewards }: SharedBlock, row: number): Float64Array {
  const width = actions.length / rewards.length;
  return actions.slice(row * width, (row + 1) * width);
}
