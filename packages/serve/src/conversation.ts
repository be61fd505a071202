import type { WebSocket } from 'ws';

import type { Answers } from './answers.ts';

/** Milliseconds that a client has for the closing handshake. */
const CLOSE_TIMEOUT = 1000;

/** One client: each of its messages is answered before the next one is read. */
export interface Conversation {
  /** Ends it after the answer that is under way, at last without asking the client. */
  end(): void;
}

/** When a client that says nothing is given up; milliseconds. */
export interface Heartbeat {
  readonly interval: number;
  readonly timeout: number;
}

export function converse(
  socket: WebSocket,
  { answer }: Answers,
  { interval, timeout }: Heartbeat,
): Conversation {
  let waiting = 0;
  let isEnding = false;
  let answering: Promise<void> = Promise.resolve();

  const respond = async (message: Buffer, isBinary: boolean): Promise<void> => {
    if (!isEnding && socket.readyState === socket.OPEN) await send(socket, await answer(message, isBinary));
    waiting -= 1;
    if (waiting === 0) socket.resume();
  };

  socket.on('message', (message: Buffer, isBinary) => {
    // Some more may have come in the same chunk; no further one is read.
    waiting += 1;
    socket.pause();
    answering = answering.then(() => respond(message, isBinary));
  });

  let heard = performance.now();
  socket.on('pong', () => (heard = performance.now()));
  const heartbeat = setInterval(() => {
    if (performance.now() - heard > timeout) socket.terminate();
    else socket.ping();
  }, interval);
  socket.on('close', () => clearInterval(heartbeat));

  return {
    end: () => {
      isEnding = true;
      const giveUp = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT);
      socket.on('close', () => clearTimeout(giveUp));
      void answering.then(() => socket.close(1001, 'the server ends'));
    },
  };
}

/** Returns when the client has been sent all of it, or is gone. */
const send = (socket: WebSocket, message: Uint8Array<ArrayBuffer> | string): Promise<void> =>
  new Promise((resolve) => {
    socket.send(message, { binary: typeof message !== 'string', compress: false }, () => resolve());
  });
