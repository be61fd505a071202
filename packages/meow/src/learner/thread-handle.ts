import { Worker } from 'node:worker_threads';

import type { ThreadCommand, ThreadReply, ThreadSetup } from './protocol.ts';

/** The agent's side of one thread of its learner. */
export interface ThreadHandle {
  /** Sends a command and waits for the reply; the process stays alive that long. */
  request(command: 'update'): Promise<ThreadReply>;
  /** Sends a command and blocks until the thread has answered it. */
  requestNow(command: 'read' | 'write'): void;
  /** Lets the thread end by itself. */
  end(): Promise<void>;
  /** Ends the thread wherever it is. */
  kill(): Promise<void>;
}

export interface ThreadOptions {
  readonly setup: ThreadSetup;
  /** Called once if the thread ends and was not asked to. */
  readonly onDeath: (error: Error) => void;
}

/** TypeScript where the sources run, JavaScript where they were compiled. */
const entry = new URL(`./learner-thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);

/** A thread between two updates answers in milliseconds: one that doesn't in this time never will. */
const ANSWER_MILLISECONDS = 30_000;

/** Starts a thread; resolves to it and its first reply once it is ready. */
export async function startThread({ setup, onDeath }: ThreadOptions): Promise<[ThreadHandle, ThreadReply]> {
  const { index, threads, memory } = setup;
  const name = `learner thread ${index} (of ${threads})`;
  const worker = new Worker(entry, { workerData: setup, name });
  const ended = new Promise<void>((resolve) => void worker.once('exit', () => resolve()));
  let waiting: { resolve: (reply: ThreadReply) => void; reject: (error: Error) => void } | undefined;
  let expected = false;

  const settle = () => {
    const settled = waiting;
    waiting = undefined;
    worker.unref();
    return settled;
  };
  const die = (cause: string, options?: ErrorOptions) => {
    if (expected) return;
    expected = true;
    const error = new Error(
      `meow: ${name} ended: ${cause}. This agent can't update any more: make a new one and restore its last saved state.`,
      options,
    );
    settle()?.reject(error);
    onDeath(error);
  };
  worker.on('message', (reply: ThreadReply) => settle()?.resolve(reply));
  worker.once('error', (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    die(message.replace(/\.$/, ''), { cause: error });
  });
  worker.once('exit', (code) => die(`exit code ${code}`));

  const reply = () =>
    new Promise<ThreadReply>((resolve, reject) => {
      waiting = { resolve, reject };
      worker.ref();
    });
  const send = (command: ThreadCommand) => worker.postMessage(command, []);

  const handle: ThreadHandle = {
    request: (command) => {
      const answer = reply();
      send(command);
      return answer;
    },
    requestNow: (command) => {
      Atomics.store(memory.answered, index, 0);
      send(command);
      if (Atomics.wait(memory.answered, index, 0, ANSWER_MILLISECONDS) === 'timed-out')
        throw new Error(
          `meow: ${name} did not answer within ${ANSWER_MILLISECONDS / 1000} seconds. Make a new agent and restore its last saved state.`,
        );
    },
    end: async () => {
      expected = true;
      worker.ref();
      send('end');
      await ended;
    },
    kill: async () => {
      expected = true;
      settle()?.reject(new Error(`meow: ${name} was ended because another one failed.`));
      await worker.terminate();
    },
  };
  return [handle, await reply()];
}
