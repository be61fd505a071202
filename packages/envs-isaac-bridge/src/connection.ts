import { BridgeError, type BridgeProblem } from './bridge-error.ts';
import { decodeMessage, encodeMessage, type Message } from './codec.ts';
import type { BridgeSocket, OpenSocket, ServerAddress } from './socket.ts';
import { TIMEOUT_OF, type RequestType } from './timeouts.ts';

/** A conversation with a server: one request at a time, each with its answer. */
export interface Connection {
  /** Why nothing more can be asked; undefined while something can. */
  readonly failure: BridgeError | undefined;
  /**
   * Asks and waits for the answer.
   *
   * @param timeout milliseconds, after which the connection is given up
   * @throws BridgeError for an answer that is an error, none in time, or a connection that is no more
   */
  request(type: RequestType, fields: Message, timeout: number): Promise<Message>;
  /** Gives the connection up. */
  end(): void;
}

const PROBLEMS: readonly BridgeProblem[] = ['request', 'version', 'simulator', 'actions'];

/** After these the server has closed the connection, or nobody knows where it stands. */
const isFatal = (error: BridgeError) => error.problem !== 'actions';

interface Waiting {
  readonly type: RequestType;
  readonly id: number;
  resolve(answer: Message): void;
  reject(error: BridgeError): void;
}

/**
 * Connects to a server.
 *
 * @throws BridgeError if that fails
 */
export async function connectTo(open: OpenSocket, address: ServerAddress): Promise<Connection> {
  const { url } = address;
  let failure: BridgeError | undefined;
  let waiting: Waiting | undefined;
  let lastId = 0;
  let socket: BridgeSocket | undefined;

  const fail = (error: BridgeError) => {
    failure ??= error;
    waiting?.reject(failure);
    waiting = undefined;
    socket?.close();
  };

  const receive = (bytes: Uint8Array) => {
    if (failure) return;
    try {
      if (!waiting) throw new TypeError('nothing was asked');
      const answer = answerTo(waiting, decodeMessage(bytes));
      const { resolve, reject } = waiting;
      waiting = undefined;
      if (!(answer instanceof BridgeError)) return resolve(answer);
      if (isFatal(answer)) failure = answer;
      reject(answer);
      if (failure) socket?.close();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const asked = waiting ? `as answer to ${waiting.type}` : 'though nothing was asked';
      fail(
        new BridgeError(
          'protocol',
          `${url}: a message of ${bytes.length} bytes came ${asked} that isn't as PROTOCOL.md says: ${reason}. ` +
            'See that the server is of the same version as this package.',
          { cause },
        ),
      );
    }
  };

  socket = await open(address, { message: receive, ended: fail });

  return {
    get failure() {
      return failure;
    },
    request(type, fields, timeout) {
      return new Promise((resolve, reject) => {
        if (failure) throw failure;
        if (waiting)
          throw new BridgeError(
            'request',
            `${url}: ${type} was called while ${waiting.type} is under way. Await each call.`,
          );
        const id = (lastId += 1);
        const cancel = afterRunning(timeout, () =>
          fail(
            new BridgeError(
              'timeout',
              `${url}: no answer to ${type} within ${timeout} ms. See the server's log for what holds it up; ` +
                `in a program of yours, timeouts.${TIMEOUT_OF[type]} of isaacVectorEnv allows more.`,
            ),
          ),
        );
        waiting = {
          type,
          id,
          resolve: (answer) => (cancel(), resolve(answer)),
          reject: (error) => (cancel(), reject(error)),
        };
        socket.send(encodeMessage({ type, id, ...fields }));
      });
    },
    end: () => fail(new BridgeError('connection', `${url}: the connection is closed.`)),
  };
}

/** Milliseconds by which a timer is late where the process stood still, in a debugger or a long calculation. */
const STOOD_STILL = 250;

/**
 * Calls back after some milliseconds in which this process ran: one that stood still begins anew, since the answer may have come
 * meanwhile and not been read.
 *
 * @returns what cancels it
 */
function afterRunning(milliseconds: number, call: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const begin = () => {
    const due = performance.now() + milliseconds;
    timer = setTimeout(() => (performance.now() - due > STOOD_STILL ? begin() : call()), milliseconds);
  };
  begin();
  return () => clearTimeout(timer);
}

/**
 * The answer, or the error that it tells of.
 *
 * @throws TypeError if it is no answer to that
 */
function answerTo({ type, id }: Waiting, answer: Message): Message | BridgeError {
  if (answer['type'] === 'error') return errorOf(answer, type);
  if (answer['type'] !== type) throw new TypeError(`its type is ${JSON.stringify(answer['type'])}`);
  if (answer['id'] !== id) throw new TypeError(`its id is ${JSON.stringify(answer['id'])}, expected ${id}`);
  return answer;
}

function errorOf({ kind, message, traceback }: Message, type: string): BridgeError {
  const problem = PROBLEMS.find((known) => known === kind);
  if (!problem || typeof message !== 'string')
    throw new TypeError(`it is an error of kind ${JSON.stringify(kind)}`);
  return new BridgeError(problem, `${type} failed in the server: ${message}`, {
    traceback: typeof traceback === 'string' ? traceback : undefined,
  });
}
