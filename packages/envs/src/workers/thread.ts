// The entry of a worker's thread.
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';

import type { Box } from '../box.ts';
import type { Env, Info } from '../env.ts';
import { makeFactoryEnvs } from '../env-factory.ts';
import { vectorEnv } from '../local-vector-env.ts';
import { makeEnv } from '../make-env.ts';
import { wrappedStep } from '../unchecked-step.ts';
import type { VectorEnvState } from '../vector-env.ts';
import { wrapEnv } from '../wrap-env.ts';
import { infoWriter, type WorkerMessage } from './infos.ts';
import { loadFactory } from './load-factory.ts';
import { loadRegistry } from './load-registry.ts';
import { portableError, sendPlain } from './plain-data.ts';
import { Command, Control, messagesPlace, rowPlace, sharedBlock } from './shared-block.ts';
import type { ThreadData, ThreadMemory, ThreadReady } from './thread-data.ts';

// A thread that waits for commands doesn't run its event loop, which is what prints and frees; so it does now and then.
const TURN_MILLISECONDS = 50;

// Going to sleep and being woken takes longer than a few steps; the next command often comes before that.
const SPIN_MILLISECONDS = 0.2;

/** Waits for a moment for another command than `seen`: awake first, then asleep. */
function awaitCommand(control: Int32Array, seen: number): void {
  const begun = performance.now();
  while (performance.now() - begun < SPIN_MILLISECONDS)
    if (Atomics.load(control, Control.go) !== seen) return;
  Atomics.wait(control, Control.go, seen, TURN_MILLISECONDS);
}

/** Marks the row being worked on, so that the main thread can name it whatever happens here. */
function watched(env: Env, mark: () => void): Env {
  return wrapEnv(env, {
    reset(request) {
      mark();
      return env.reset(request);
    },
    step: wrappedStep(env, (step) => (action) => {
      mark();
      return step(action);
    }),
  });
}

/** Answers a command that the environments may refuse without harm. */
function answer(send: (message: WorkerMessage) => void, value: () => unknown): void {
  try {
    send({ kind: 'answer', value: value() });
  } catch (error) {
    send({ kind: 'refusal', error: portableError(error) });
  }
}

/** The environments of this thread. What it makes before one fails ends with it. */
async function makeEnvs(data: ThreadData): Promise<readonly Env[]> {
  const { module, exportName, id, count, maxSteps, options, rescaleActions } = data;
  for (const url of data.imports) await import(url);
  if (data.factory) {
    const factory = await loadFactory(module, exportName);
    return makeFactoryEnvs(factory, count, { maxSteps, options, rescaleActions });
  }
  const registry = await loadRegistry(module, exportName);
  const makeOptions = {
    registry,
    rescaleActions,
    ...(maxSteps !== undefined && { maxSteps }),
    ...(options !== undefined && { options }),
  };
  return Array.from({ length: count }, () => makeEnv(id, makeOptions));
}

const spaceOf = ({ low, high, shape }: Box) => ({ low, high, shape });

async function serve(data: ThreadData, main: MessagePort): Promise<void> {
  const { id, worker, first, count, port, autoresetMode } = data;
  let control: Int32Array = new Int32Array(0);
  const mark = (index: number) => {
    control[rowPlace(worker)] = first + index;
  };
  const envs = await makeEnvs(data);
  const env = vectorEnv(
    envs.map((own, index) => watched(own, () => mark(index))),
    { autoresetMode, firstRow: first, checksActions: false },
  );

  const ready: ThreadReady = {
    observationSpace: spaceOf(env.singleObservationSpace),
    actionSpace: spaceOf(env.singleActionSpace),
  };
  const memory = once(main, 'message');
  main.postMessage(ready, []);
  const [{ buffer, ...shape }] = (await memory) as [ThreadMemory];
  const block = sharedBlock(buffer, shape);
  control = block.control;

  const own = `environments ${first} to ${first + count - 1}`;
  let sent = 0;
  const send = (message: WorkerMessage) => {
    const post = () => port.postMessage(message, []);
    // The main thread says which row an info is of.
    if (message.kind === 'info') sendPlain(message.info, 'info', post);
    else if (message.kind === 'answer') sendPlain(message.value, `${id}: ${own}: state`, post);
    else post();
    sent += 1;
  };
  const writeInfo = infoWriter(block, send);
  const { actionWidth, width } = shape;
  const actions = block.actions.subarray(first * actionWidth, (first + count) * actionWidth);
  const publish = (observations: Float64Array, infos: readonly Info[]) => {
    block.observations.set(observations, first * width);
    for (const [index, info] of infos.entries()) {
      mark(index);
      writeInfo(info, first + index);
    }
  };

  const received = (): unknown => receiveMessageOnPort(port)?.message;

  const commands: Readonly<Record<number, () => void>> = {
    [Command.step]() {
      const result = env.step(actions);
      publish(result.observations, result.infos);
      block.finalObservations.set(result.finalObservations, first * width);
      block.rewards.set(result.rewards, first);
      block.terminated.set(result.terminated, first);
      block.truncated.set(result.truncated, first);
    },
    [Command.reset]() {
      const { observations, infos } = env.reset(received() as { seed?: number; mask?: Uint8Array });
      publish(observations, infos);
    },
    [Command.state]: () => answer(send, () => env.state()),
    [Command.restore]: () =>
      answer(send, () => {
        const { observations, infos } = env.restore(received() as VectorEnvState);
        publish(observations, infos);
      }),
    [Command.close]: () => env.close(),
  };

  let seen = 0;
  let turned = performance.now();
  for (;;) {
    awaitCommand(control, seen);
    const go = Atomics.load(control, Control.go);
    // Being woken doesn't mean that there is a new one: the call may be of a command that was seen before it came.
    if (go !== seen) {
      seen = go;
      const command = control[Control.command] ?? 0;
      sent = 0;
      commands[command]?.();
      control[messagesPlace(worker)] = sent;
      control[rowPlace(worker)] = -1;
      if (Atomics.sub(control, Control.busy, 1) === 1) {
        Atomics.store(control, Control.done, seen);
        Atomics.notify(control, Control.done);
      }
    }
    if (performance.now() - turned >= TURN_MILLISECONDS) {
      await turn();
      turned = performance.now();
    }
  }
}

if (!parentPort) throw new Error('This module is the entry of a worker thread. Use workerVectorEnv.');
try {
  await serve(workerData as ThreadData, parentPort);
} catch (error) {
  throw portableError(error);
}
