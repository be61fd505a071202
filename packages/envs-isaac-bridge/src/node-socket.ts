import { connect } from 'node:net';
import type { IncomingMessage } from 'node:http';

import { WebSocket, type ClientOptions } from 'ws';

import { BridgeError } from './bridge-error.ts';
import { SUBPROTOCOL, type OpenSocket, type ServerAddress } from './socket.ts';

/** Milliseconds that a peer has for the closing handshake. */
const CLOSE_TIMEOUT = 1000;

/** Connects over TCP, TLS or a Unix socket. */
export const openNodeSocket: OpenSocket = (address, listener) =>
  new Promise((resolve, reject) => {
    const { url } = address;
    const socket = makeSocket(address);
    let isOpen = false;
    let hasEnded = false;
    let failure: Error | undefined;
    const end = (error: BridgeError) => {
      if (hasEnded) return;
      hasEnded = true;
      if (isOpen) listener.ended(error);
      else reject(error);
      close(socket);
    };
    // While nothing is asked a connection doesn't keep the process alive; what waits for an answer has a timer.
    socket.on('upgrade', (response) => response.socket.unref());
    socket.on('open', () => {
      isOpen = true;
      resolve({
        // Sent before this returns, or copied: ws masks a client's bytes into memory of its own.
        send: (bytes) => socket.send(bytes, { binary: true, compress: false }),
        close: () => end(new BridgeError('connection', `${url}: closed.`)),
      });
    });
    socket.on('message', (data: Buffer, isBinary) => {
      if (hasEnded) return;
      if (isBinary) listener.message(data);
      else
        end(
          new BridgeError('protocol', `${url}: a text message came, expected a binary one. ${otherServer}`),
        );
    });
    socket.on('unexpected-response', (_, response) => end(refused(url, response)));
    socket.on('error', (error) => {
      failure = error;
      if (!isOpen) end(notConnected(address, error));
    });
    socket.on('close', (code, reason) => end(closed(url, code, reason.toString(), failure)));
  });

const otherServer = 'See that the server is of the same version as this package.';

function makeSocket({ url, token, connectTimeout, maxMessageBytes }: ServerAddress): WebSocket {
  const options: ClientOptions = {
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
    handshakeTimeout: connectTimeout,
    ...(token !== undefined && { headers: { authorization: bearer(url, token) } }),
  };
  if (!url.startsWith('unix:')) {
    checkUrl(url);
    return new WebSocket(url, [SUBPROTOCOL], options);
  }
  const path = url.slice('unix:'.length);
  if (path === '') throw noAddress(url, 'it names no socket');
  return new WebSocket('ws://localhost', [SUBPROTOCOL], {
    ...options,
    createConnection: () => connect({ path }),
  });
}

function checkUrl(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !['ws:', 'wss:'].includes(parsed.protocol))
    throw noAddress(url, 'it is no URL of WebSocket');
  if (url.includes('#')) throw noAddress(url, 'it has a fragment');
}

const noAddress = (url: string, reason: string) =>
  new BridgeError(
    'connection',
    `${JSON.stringify(url)} is no address of a server: ${reason}. Give one such as ws://127.0.0.1:4321, wss://host/path or unix:/path/of.sock.`,
  );

/** The token as a header, which Node writes as Latin-1: one character for each byte of UTF-8. */
function bearer(url: string, token: string): string {
  if (/\p{Cc}/u.test(token) || token !== token.trim() || token === '')
    throw new BridgeError(
      'connection',
      `${url}: the token is empty or has line ends or spaces around it, which no request can carry. Give it without them.`,
    );
  return `Bearer ${Buffer.from(token).toString('latin1')}`;
}

/** Ends a connection, at last without asking its peer. */
function close(socket: WebSocket): void {
  const timer = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT);
  timer.unref();
  socket.on('close', () => clearTimeout(timer));
  socket.close();
}

const REFUSALS: Readonly<Record<number, string>> = {
  400: `its protocol isn't ${SUBPROTOCOL}. ${otherServer}`,
  401: 'the token is missing or another one. Give the token that the server was started with.',
  403: 'it takes no requests from a page. Start it with --allow-origin.',
  503: 'it has as many clients as it takes. End the other client, or start the server for more.',
};

function refused(url: string, response: IncomingMessage): BridgeError {
  const status = response.statusCode ?? 0;
  response.resume();
  const reason = REFUSALS[status] ?? 'expected 101. See that a server of this bridge is there.';
  return new BridgeError(
    'connection',
    `${url}: the server refused the connection with HTTP status ${status}: ${reason}`,
  );
}

function notConnected({ url, connectTimeout }: ServerAddress, error: Error): BridgeError {
  const { message } = error;
  if (message.includes('Opening handshake has timed out'))
    return new BridgeError(
      'timeout',
      `${url}: no connection within ${connectTimeout} ms. See that a server is there.`,
      { cause: error },
    );
  const remedy = /subprotocol/i.test(message)
    ? otherServer
    : 'Start a server there (python -m meow_isaac_bridge), or correct the address.';
  return new BridgeError('connection', `${url}: no connection (${message || error.name}). ${remedy}`, {
    cause: error,
  });
}

/** Whether it is what ws says of a broken frame, or one too large. */
const isOfFrame = (error: Error): boolean => 'code' in error && String(error.code).startsWith('WS_ERR');

function closed(url: string, code: number, reason: string, failure: Error | undefined): BridgeError {
  if (failure && isOfFrame(failure))
    return new BridgeError(
      'protocol',
      `${url}: what came is no WebSocket message as expected (${failure.message}). ${otherServer}`,
      { cause: failure },
    );
  if (failure)
    return new BridgeError(
      'connection',
      `${url}: the connection broke (${failure.message}). See the server's log.`,
      { cause: failure },
    );
  const said = reason === '' ? '' : `, ${reason}`;
  return new BridgeError(
    'connection',
    `${url}: the ${code === 1006 ? 'server is gone without a word' : `connection was closed with status ${code}${said}`}. See the server's log.`,
  );
}
