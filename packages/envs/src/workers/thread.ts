// The entry of a worker's thread.
import { receiveMessageOnPort } from 'node:worker_threads';

import { portableError, sendPlain, serve } from '@meow-rl/threads';

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
import { sharedBlock } from './shared-block.ts';
import type { CommandName, ThreadData, ThreadMemory, WorkerProtocol } from './thread-data.ts';

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
  const { module, exportName, id, count, maxSteps, options, rescaleActions, restsAfterEpisode } = data;
  for (const url of data.imports) await import(url);
  if (data.factory) {
    const factory = await loadFactory(module, exportName);
    return makeFactoryEnvs(factory, count, { maxSteps, options, rescaleActions, restsAfterEpisode });
  }
  const registry = await loadRegistry(module, exportName);
  const makeOptions = {
    registry,
    rescaleActions,
    restsAfterEpisode,
    ...(maxSteps !== undefined && { maxSteps }),
    ...(options !== undefined && { options }),
  };
  return Array.from({ length: count }, () => makeEnv(id, makeOptions));
}

const spaceOf = ({ low, high, shape }: Box) => ({ low, high, shape });

/** What a worker does once it has the memory that all share: every command but the one that gives it that. */
type Work = Readonly<Record<Exclude<CommandName, 'share'>, () => void>>;

await serve<WorkerProtocol>(async ({ data, index: worker }) => {
  const { id, first, count, port, autoresetMode } = data;
  const received = (): unknown => receiveMessageOnPort(port)?.message;
  let rowOf: Int32Array = new Int32Array(0);
  const mark = (index: number) => {
    rowOf[worker] = first + index;
  };
  const envs = await makeEnvs(data);
  const env = vectorEnv(
    envs.map((each, index) => watched(each, () => mark(index))),
    { autoresetMode, firstRow: first, checksActions: false },
  );

  const workOn = ({ buffer, ...shape }: ThreadMemory): Work => {
    const block = sharedBlock(buffer, shape);
    rowOf = block.rowOf;
    const stateName = `${id}: environments ${first} to ${first + count - 1}: state`;
    let sent = 0;
    const send = (message: WorkerMessage) => {
      const post = () => port.postMessage(message, []);
      // The main thread says which row an info is of.
      if (message.kind === 'info') sendPlain(message.info, 'info', post);
      else if (message.kind === 'answer') sendPlain(message.value, stateName, post);
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
    /** Does a part of a command and says that it has, and how many messages it sent for that. */
    const accountedFor = (act: () => void) => () => {
      sent = 0;
      act();
      block.messagesOf[worker] = sent;
      rowOf[worker] = -1;
    };
    return {
      step: accountedFor(() => {
        const result = env.step(actions);
        publish(result.observations, result.infos);
        block.finalObservations.set(result.finalObservations, first * width);
        block.rewards.set(result.rewards, first);
        block.terminated.set(result.terminated, first);
        block.truncated.set(result.truncated, first);
      }),
      reset: accountedFor(() => {
        const { observations, infos } = env.reset(received() as { seed?: number; mask?: Uint8Array });
        publish(observations, infos);
      }),
      state: accountedFor(() => answer(send, () => env.state())),
      restore: accountedFor(() =>
        answer(send, () => {
          const { observations, infos } = env.restore(received() as VectorEnvState);
          publish(observations, infos);
        }),
      ),
      close: accountedFor(() => env.close()),
    };
  };

  let work: Work | undefined;
  return {
    ready: {
      id: env.id,
      observationSpace: spaceOf(env.singleObservationSpace),
      actionSpace: spaceOf(env.singleActionSpace),
    },
    commands: {
      share: () => {
        work = workOn(received() as ThreadMemory);
      },
      step: () => work?.step(),
      reset: () => work?.reset(),
      state: () => work?.state(),
      restore: () => work?.restore(),
      close: () => work?.close(),
    },
  };
});
