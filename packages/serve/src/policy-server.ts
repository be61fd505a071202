import { once } from 'node:events';
import { createServer, STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

import type { Policy } from '@meow-rl/export';
import { WebSocketServer, type WebSocket } from 'ws';

import { doorkeeper, listeningProblem, type Refusal } from './access.ts';
import { policyAnswers, type ServeCounts } from './answers.ts';
import { converse, type Conversation } from './conversation.ts';
import { ServeError } from './errors.ts';
import { greeting } from './greeting.ts';
import { expectLimits } from './limits.ts';

/** Options of {@link servePolicy}. */
export interface ServeOptions {
  /** Stays the caller's, who disposes of it after {@link PolicyServer.close}. */
  readonly policy: Policy;
  /** What the policy gives, for the metadata that clients get. Default: `deterministic`. */
  readonly actions?: 'deterministic' | 'sampled';
  /** Default: `127.0.0.1`. */
  readonly host?: string;
  /** Default: 8000, as openpi's servers; 0 takes any that is free. */
  readonly port?: number;
  /** What clients have to send as `Authorization: Api-Key`. Needed beyond the loopback interface. Default: none. */
  readonly token?: string | undefined;
  /** Clients at a time. Default: 64. */
  readonly maxClients?: number;
  /** A larger message ends the connection before memory is taken for it. Default: 16 MiB, 4 million float32. */
  readonly maxMessageBytes?: number;
  /** Observations of one request: others wait while the policy works, and it takes memory for each. Default: 16 384. */
  readonly maxRows?: number;
  /** Milliseconds between pings; a client that doesn't answer three is given up. Default: 20 000. */
  readonly pingInterval?: number;
}

/** A server that listens. */
export interface PolicyServer {
  readonly host: string;
  readonly port: number;
  /** For clients: `ws://host:port`. */
  readonly url: string;
  readonly counts: ServeCounts;
  /** Clients that are connected. */
  readonly clients: number;
  /** Stops listening, ends all connections once the answers that are under way are sent, and waits for the policy. */
  close(): Promise<void>;
}

/** Connections that haven't become clients: they are refused, ask for `/healthz` or are slow to say what they want. */
const OTHER_CONNECTIONS = 64;
/** Milliseconds for the headers of a request. */
const REQUEST_TIMEOUT = 10_000;

const FULL: Refusal = { status: 503, text: 'As many clients are connected as the server takes.\n' };

/**
 * Serves a policy over WebSocket as openpi's policy servers do: metadata first, then for each observation its actions, or an error as
 * text, after which the connection stays open.
 *
 * @throws RangeError for a host that others reach without a token, or with a short one, and for limits that are none
 * @throws ServeError if it can't listen there
 *
 * Reference: openpi, `src/openpi/serving/websocket_policy_server.py`.
 */
export async function servePolicy({
  policy,
  actions = 'deterministic',
  host = '127.0.0.1',
  port = 8000,
  token,
  maxClients = 64,
  maxMessageBytes = 2 ** 24,
  maxRows = 2 ** 14,
  pingInterval = 20_000,
}: ServeOptions): Promise<PolicyServer> {
  const problem = listeningProblem({ host, token });
  if (problem !== undefined)
    throw new RangeError(`servePolicy: ${problem}. Give a random token of 32 bytes.`);
  expectLimits({ maxClients, maxMessageBytes, maxRows, pingInterval });
  const refusalOf = doorkeeper(token);
  const answers = policyAnswers(policy, maxRows);
  const metadata = greeting(policy.metadata, actions);
  const conversations = new Map<WebSocket, Conversation>();
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
  });

  const welcome = (socket: WebSocket, { socket: connection }: IncomingMessage) => {
    // What is wrong with a frame closes the connection, with the status that says so.
    socket.on('error', () => {});
    conversations.set(socket, converse(socket, connection, answers, pingInterval));
    socket.on('close', () => conversations.delete(socket));
    socket.send(metadata, { binary: true, compress: false });
  };

  const http = createServer({
    headersTimeout: REQUEST_TIMEOUT,
    requestTimeout: REQUEST_TIMEOUT,
    connectionsCheckingInterval: REQUEST_TIMEOUT / 10,
  });
  http.maxConnections = maxClients + OTHER_CONNECTIONS;
  http.on('request', (request, response) => {
    const { status, text } = refusalOf(request) ?? pageAt(request.url);
    response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(text);
  });
  http.on('upgrade', (request, connection: Duplex, head) => {
    const refusal = refusalOf(request) ?? (conversations.size >= maxClients ? FULL : undefined);
    if (refusal) refuse(connection, refusal);
    else sockets.handleUpgrade(request, connection, head, welcome);
  });

  const address = await listen(http, host, port);
  return {
    ...address,
    counts: answers.counts,
    get clients() {
      return conversations.size;
    },
    close: async () => {
      const closed = once(http, 'close');
      http.close();
      http.closeAllConnections();
      for (const conversation of conversations.values()) conversation.end();
      await closed;
      await answers.finished();
    },
  };
}

async function listen(http: Server, host: string, port: number) {
  try {
    http.listen({ host, port });
    await once(http, 'listening');
  } catch (error) {
    throw new ServeError(`can't listen on ${host}, port ${port}: ${reasonOf(error)}.`, { cause: error });
  }
  const { address, port: taken, family } = http.address() as AddressInfo;
  return { host: address, port: taken, url: `ws://${family === 'IPv6' ? `[${address}]` : address}:${taken}` };
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there. End it, or give another port',
  EADDRNOTAVAIL: 'this machine has no such address. Give one of its own',
  ENOTFOUND: 'there is no such host. Give an address of this machine',
  EACCES: 'that is not allowed. Give a port above 1023',
};

function reasonOf(error: unknown): string {
  const { code = '' } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? `${String(error)}. Give another host or port`;
}

/** What plain HTTP gets; openpi's servers have `/healthz` too. */
function pageAt(url: string | undefined): Refusal {
  if (url === '/healthz') return { status: 200, text: 'OK\n' };
  return { status: 426, text: 'A policy is served here, over WebSocket: connect with openpi-client.\n' };
}

function refuse(connection: Duplex, { status, text }: Refusal): void {
  connection.on('error', () => {});
  connection.once('finish', () => connection.destroy());
  connection.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
  );
}
