import {
  checkActions,
  checkMask,
  checkNoneFinished,
  decodeNumbers,
  encodeNumbers,
  rowStates,
  type Box,
  type VectorEnv,
  type VectorResetRequest,
} from '@meow-rl/envs';

import { BridgeError } from './bridge-error.ts';
import type { Message } from './codec.ts';
import { connectTo, type Connection } from './connection.ts';
import { PROTOCOL, readHello, type Hello } from './hello.ts';
import { ndarray } from './ndarray.ts';
import { bridgeResults, type BridgeResetResult, type BridgeStepResult } from './results.ts';
import type { OpenSocket, ServerAddress } from './socket.ts';
import { TIMEOUT_OF, type RequestType, type Timeouts } from './timeouts.ts';

/** Environments of a Python simulator. Its calls promise, one at a time. */
export interface BridgeVectorEnv extends VectorEnv {
  /** What the server said of itself and the environments. */
  readonly hello: Hello;
  /** Of the critic's own observations, where the simulator has them. */
  readonly criticObservationSpace: Box | undefined;
  /** Seeds are taken modulo 2³². Rows of a mask alone can be reset in the mode `disabled`. */
  reset(request?: VectorResetRequest): Promise<BridgeResetResult>;
  step(actions: ArrayLike<number>): Promise<BridgeStepResult>;
  close(): Promise<void>;
}

/** What {@link bridgeVectorEnv} is made of. */
export interface BridgeVectorEnvOptions {
  readonly open: OpenSocket;
  readonly address: ServerAddress;
  readonly timeouts: Timeouts;
  /** Ends a server that belongs to these environments. Default: it is left running. */
  readonly endServer?: () => Promise<void>;
  /** What is known of a server's end, to be said with an error. Default: nothing. */
  readonly explain?: (error: BridgeError) => Promise<BridgeError>;
  /** Whether a connection lost before the first reset is made anew: nothing is lost then. Default: true. */
  readonly reconnects?: boolean;
}

/**
 * Connects to a server and steps its environments.
 *
 * @throws BridgeError if there is none, or it is of another version
 */
export async function bridgeVectorEnv(options: BridgeVectorEnvOptions): Promise<BridgeVectorEnv> {
  const { open, address, timeouts, endServer, explain = async (error) => error, reconnects = true } = options;
  const explained = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw error instanceof BridgeError && error.problem !== 'actions' ? await explain(error) : error;
    }
  };

  const greet = async (): Promise<{ connection: Connection; hello: Hello }> => {
    const connection = await connectTo(open, address);
    try {
      const answer = await connection.request(
        'hello',
        { protocol: PROTOCOL, client: '@meow-rl/envs-isaac-bridge' },
        timeouts.hello,
      );
      return { connection, hello: understood(address, () => readHello(answer)) };
    } catch (error) {
      connection.end();
      throw error;
    }
  };

  let { connection, hello } = await explained(greet());
  const { task: id, numEnvs, autoresetMode, action, observation, restorable } = hello;
  const where = `isaacVectorEnv(${id})`;
  const results = bridgeResults(hello);
  const { resetPending, observations } = results;
  const [width, actionWidth] = [observation.size, action.size];
  const noRows = new Uint8Array(numEnvs);
  // In the modes in which a row that only resets ignores its action.
  const ignored = autoresetMode === 'next-step' ? resetPending : noRows;
  const unmoved = action.clip(new Float64Array(actionWidth));
  let begun = false;
  let closed: Promise<void> | undefined;

  const expectOpen = (call: string) => {
    if (closed) throw new Error(`${where}: ${call} was called after close().`);
  };

  const ask = async (type: RequestType, fields: Message): Promise<Message> => {
    if (connection.failure && !begun && reconnects) await reconnect(type);
    return explained(connection.request(type, fields, timeouts[TIMEOUT_OF[type]]));
  };

  /** Nothing had begun: the same environments anew are as good. */
  const reconnect = async (type: string) => {
    const again = await explained(greet());
    ({ connection } = again);
    // close() has ended the lost one, and would leave this one with its place in the server.
    if (closed) connection.end();
    expectOpen(`${type}()`);
    const now = again.hello;
    if (now.task === id && now.numEnvs === numEnvs && now.autoresetMode === autoresetMode) return;
    connection.end();
    throw new BridgeError(
      'connection',
      `${where}: after the connection was lost the server has ${now.numEnvs} environments of ${now.task} in mode ${now.autoresetMode}, ` +
        `expected ${numEnvs} in mode ${autoresetMode}. Make the vector environment anew.`,
    );
  };

  /** Gives up on a server whose answer isn't as agreed. */
  const taken = <T>(read: () => T): T => {
    try {
      return understood(address, read);
    } catch (error) {
      connection.end();
      throw error;
    }
  };

  const shutDown = async () => {
    if (!connection.failure)
      await connection.request('close', {}, timeouts.close).catch((error: unknown) => {
        // A server that ends at once says no more; one of our starting is ended below.
        if (!(error instanceof BridgeError)) throw error;
      });
    connection.end();
    await endServer?.();
  };

  return {
    id,
    numEnvs,
    autoresetMode,
    hello,
    singleObservationSpace: observation,
    singleActionSpace: action,
    criticObservationSpace: hello.criticObservation,
    async reset({ seed, mask } = {}) {
      expectOpen('reset()');
      checkMask(where, numEnvs, mask);
      if (seed !== undefined && !Number.isSafeInteger(seed))
        throw new RangeError(`${where}: reset({ seed }) got seed is ${seed}, expected an integer.`);
      const chosen = mask && Uint8Array.from(mask, (flag) => Number(Boolean(flag)));
      // Servers take no mask without a row.
      if (begun && chosen && !chosen.includes(1)) return results.current();
      const all = !chosen || chosen.every((flag) => flag === 1);
      if (!all && autoresetMode !== 'disabled')
        throw new Error(
          `${where}: reset({ mask }) of some rows is for autoresetMode "disabled", and this is ${JSON.stringify(autoresetMode)}. ` +
            'Leave the mask out.',
        );
      const answer = await ask('reset', {
        // Python's simulators take 32 bits.
        ...(seed !== undefined && { seed: ((seed % SEEDS) + SEEDS) % SEEDS }),
        ...(!all && chosen && { mask: ndarray(chosen, [numEnvs], '|b1') }),
      });
      begun = true;
      return taken(() => results.reset(answer, chosen));
    },
    async step(actions) {
      expectOpen('step()');
      if (!begun) throw new Error(`${where}: step() was called before reset(). Call reset({ seed }) first.`);
      if (autoresetMode === 'disabled') checkNoneFinished(where, resetPending);
      checkActions(actions, { where, width: actionWidth, ignored });
      const sent = actions instanceof Float32Array ? actions.slice() : Float64Array.from(actions);
      // A row that only resets may have been given what is no action.
      for (let row = ignored.indexOf(1); row >= 0; row = ignored.indexOf(1, row + 1))
        sent.set(unmoved, row * actionWidth);
      const answer = await ask('step', { actions: ndarray(sent, [numEnvs, actionWidth]) });
      return taken(() => results.step(answer));
    },
    close: () => (closed ??= shutDown()),
    async state() {
      expectOpen('state()');
      expectRestorable('state()');
      const simulator = begun ? await askState() : NOT_BEGUN;
      return {
        of: id,
        autoresetMode,
        simulator,
        rows: Array.from({ length: numEnvs }, (_, row) => ({
          env: { of: id, own: null },
          resetPending: resetPending[row] === 1,
          observation: encodeNumbers(observations.subarray(row * width, (row + 1) * width)),
        })),
      };
    },
    async restore(state) {
      expectOpen('restore()');
      expectRestorable('restore()');
      const rows = rowStates(state, { id, numEnvs, autoresetMode }, where);
      if (typeof state.simulator !== 'string')
        throw new TypeError(
          `${where}: restore(state) got a state without that of the simulator. Give what state() returned, unchanged.`,
        );
      const saved = rows.map(({ observation: numbers }, row) =>
        decodeNumbers(numbers, `${where}: state.rows[${row}].observation`, width),
      );
      if (state.simulator === NOT_BEGUN) {
        begun = false;
        return { observations, infos: rows.map(() => ({})) };
      }
      const answer = await ask('restore', { state: fromBase64(state.simulator, where) });
      begun = true;
      return taken(() => {
        const result = results.reset(answer);
        for (const [row, numbers] of saved.entries()) {
          observations.set(numbers, row * width);
          resetPending[row] = Number(rows[row]?.resetPending);
        }
        return result;
      });
    },
  };

  async function askState(): Promise<string> {
    const { state } = await ask('state', {});
    return taken(() => {
      if (state instanceof Uint8Array) return toBase64(state);
      throw new TypeError('state is no bytes');
    });
  }

  function expectRestorable(call: string): void {
    if (restorable) return;
    throw new Error(
      `${where}: ${call} isn't offered by this environment: its simulator can't give its state, so a run with it can't be ` +
        'continued to the same bits. docs/isaac.md says which can.',
    );
  }
}

const SEEDS = 2 ** 32;
/** Of a simulator before its first reset, which has no state yet. */
const NOT_BEGUN = '';

/** Reads an answer; what isn't as agreed becomes an error of the bridge. */
function understood<T>({ url }: ServerAddress, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof BridgeError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BridgeError(
      'protocol',
      `${url}: an answer came that isn't as PROTOCOL.md says: ${reason}. See that the server is of the same version as this package.`,
      { cause },
    );
  }
}

/** Bytes at a time: more arguments than a call takes else. */
const PIECE = 2 ** 15;

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += PIECE)
    binary += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return btoa(binary);
}

function fromBase64(text: string, where: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch (cause) {
    throw new TypeError(`${where}: state.simulator is damaged. Give what state() returned, unchanged.`, {
      cause,
    });
  }
}
