import { decodeMessage, encodeMessage, ndarray, type Message } from '@meow-rl/envs-isaac-bridge';
import type { Policy } from '@meow-rl/export';

import { RequestError } from './errors.ts';
import { observationIn } from './observation.ts';

/** What an observation of a robot with many sensors stays below; arrays count as a few. */
const MAX_VALUES = 4096;

/** What has been asked of a server. */
export interface ServeCounts {
  /** Requests that were answered by actions. */
  readonly answered: number;
  /** Requests that were answered by an error. */
  readonly refused: number;
  /** Observations in those that were answered. */
  readonly observations: number;
  /** Milliseconds that the policy took for them. */
  readonly milliseconds: number;
}

/** Answers requests with a policy. */
export interface Answers {
  readonly counts: ServeCounts;
  /** Actions as bytes, or an error as text: what openpi's client tells apart. Never rejects. */
  answer(message: Uint8Array, isBinary: boolean): Promise<Uint8Array<ArrayBuffer> | string>;
  /** Waits until the policy has nothing to do, though who asked may be gone. */
  finished(): Promise<void>;
}

/** Answers by `policy`, one request after the other, whoever asks. */
export function policyAnswers(policy: Policy, maxRows: number): Answers {
  const counts = { answered: 0, refused: 0, observations: 0, milliseconds: 0 };
  const inTurn = oneAtATime();
  const { observationSpace, actionSpace } = policy.metadata;

  const actionsFor = async (message: Message): Promise<Uint8Array<ArrayBuffer>> => {
    const { observations, actionShape } = observationIn(message, {
      size: observationSpace.size,
      maxRows,
    });
    const begun = performance.now();
    const actions = await policy.act(observations);
    const milliseconds = performance.now() - begun;
    if (!actions.every((value) => Number.isFinite(value)))
      throw new RequestError('the policy gives an action that is not finite for this observation');
    counts.answered += 1;
    counts.observations += observations.length / observationSpace.size;
    counts.milliseconds += milliseconds;
    return encodeMessage({
      actions: ndarray(actions, actionShape(actionSpace.size)),
      server_timing: { infer_ms: milliseconds },
    });
  };

  return {
    counts,
    finished: () => inTurn(() => Promise.resolve()),
    answer: (message, isBinary) =>
      inTurn(async () => {
        try {
          if (!isBinary) throw new RequestError('a text message came, expected a binary one');
          return await actionsFor(read(message));
        } catch (error) {
          counts.refused += 1;
          return error instanceof RequestError ? `${error.message}.` : `the policy failed: ${String(error)}`;
        }
      }),
  };
}

function read(message: Uint8Array): Message {
  try {
    return decodeMessage(message, { maxValues: MAX_VALUES });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RequestError(
      `the message of ${message.length} bytes can't be read: ${reason}; expected a MessagePack map with arrays as openpi_client.msgpack_numpy packs them`,
      { cause: error },
    );
  }
}

function oneAtATime() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(task: () => Promise<T>): Promise<T> => {
    const result = last.then(task);
    last = result;
    return result;
  };
}
