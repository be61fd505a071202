import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

import { onTestFinished } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';

import { decodeMessage, encodeMessage, type Message } from '../codec.ts';
import { ndarray } from '../ndarray.ts';
import { SUBPROTOCOL } from '../socket.ts';

const ROWS = 2;
const WIDTH = 3;
const space = (bound: number, size: number) => ({
  shape: [size],
  low: ndarray(new Float64Array(size).fill(-bound), [size]),
  high: ndarray(new Float64Array(size).fill(bound), [size]),
  dtype: '<f4',
});

const HELLO: Message = {
  protocol: 1,
  server: 'faulty-server',
  versions: { python: '3.11.7' },
  task: 'gym:Faulty-v0',
  numEnvs: ROWS,
  clients: 1,
  observation: space(Number.POSITIVE_INFINITY, WIDTH),
  action: space(1, 1),
  autoresetMode: 'same-step',
  finalObservations: true,
  seeded: true,
  restorable: true,
};

const numbers = (count: number, first: number) => Float32Array.from({ length: count }, (_, i) => first + i);

const flags = (...rows: readonly number[]) => ndarray(Uint8Array.from(rows), [rows.length], '|b1');

const NO_ROWS = ndarray(new Int32Array(0), [0]);

/** A step of two rows, of which the second was truncated. Its last observation is [7, 8, 9]. */
const STEP: Message = {
  observations: ndarray(numbers(ROWS * WIDTH, 1), [ROWS, WIDTH]),
  rewards: ndarray(Float64Array.of(0.5, -0.25), [ROWS]),
  terminated: flags(0, 0),
  truncated: flags(0, 1),
  finalRows: ndarray(Int32Array.of(1), [1]),
  finalObservations: ndarray(numbers(WIDTH, 7), [1, WIDTH]),
  episodes: {
    rows: ndarray(Int32Array.of(1), [1]),
    returns: ndarray(Float64Array.of(3.5), [1]),
    lengths: ndarray(Int32Array.of(12), [1]),
  },
};

/** As {@link STEP}, with the last observation lost. */
export const LOST_STEP: Message = {
  ...STEP,
  finalRows: NO_ROWS,
  finalObservations: ndarray(new Float32Array(0), [0, WIDTH]),
};

/** The answers of a server that does all right. */
export const ANSWERS: Readonly<Record<string, Message>> = {
  hello: HELLO,
  reset: { observations: STEP['observations'] },
  step: STEP,
  state: { state: Uint8Array.of(1, 2, 3) },
  restore: { observations: STEP['observations'] },
  close: {},
};

/** What a request is answered by: a message, bytes that may be none, or anything done to the socket. */
export type Fault = (request: Message, socket: WebSocket) => Message | Uint8Array | undefined;

/** The answer of a server that does all right, as a whole message. */
export const rightAnswer = (request: Message): Message => {
  const { type, id } = request;
  return { type, id, ...(typeof type === 'string' ? ANSWERS[type] : {}) };
};

/** Options of {@link faultyServer}. */
interface FaultyServerOptions {
  /** By type of request; the others are answered right. */
  readonly faults?: Readonly<Record<string, Fault>>;
  /** Refuses connections with that HTTP status. */
  readonly refuse?: (request: IncomingMessage) => number | undefined;
  readonly subprotocol?: string;
}

/**
 * Test double for faults alone: a server that does wrong what it is told to. Everything else is tried against the server in Python.
 *
 * @returns its URL, and how many connections it has accepted
 */
export async function faultyServer({
  faults = {},
  refuse,
  subprotocol = SUBPROTOCOL,
}: FaultyServerOptions = {}) {
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    handleProtocols: () => subprotocol,
    verifyClient: ({ req }, accept) => {
      const status = refuse?.(req);
      accept(status === undefined, status);
    },
  });
  const counts = { connections: 0 };
  server.on('connection', (socket) => {
    counts.connections += 1;
    socket.on('error', () => {});
    socket.on('message', (data: Buffer) => {
      const request = decodeMessage(data);
      const fault = typeof request['type'] === 'string' ? faults[request['type']] : undefined;
      const answer = fault ? fault(request, socket) : rightAnswer(request);
      if (answer) socket.send(answer instanceof Uint8Array ? answer : encodeMessage(answer));
    });
  });
  await once(server, 'listening');
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `ws://127.0.0.1:${port}`, counts };
}
