import type { Socket } from 'node:net';

import type { WebSocket } from 'ws';

import type { Answers } from './answers.ts';
import { LARGEST_LIMIT } from './limits.ts';

/** Milliseconds that a client has to take the answer that was under way, and for the closing handshake. */
const CLOSE_TIMEOUT = 1000;

/** One client: each of its messages is answered before the next one is read. */
export interface Conversation {
  /** Ends it after the answer that is under way, at last without asking the client. */
  end(): void;
}

/** Pings without an answer after which a client is given up. */
const MAX_UNANSWERED = 3;

/** Bytes between two pings that may be those of pongs alone. */
const OF_PONGS = 64;

/**
 * @param connection that the socket is on
 * @param pingInterval milliseconds
 */
export function converse(
  socket: WebSocket,
  connection: Socket,
  { answer }: Answers,
  pingInterval: number,
): Conversation {
  const silence = Math.min((MAX_UNANSWERED + 1) * pingInterval, LARGEST_LIMIT);
  let waiting = 0;
  let isEnding = false;
  let isAnswering = false;
  let isSending = false;
  let answering: Promise<void> = Promise.resolve();
  let answerUnderWay: Promise<unknown> = Promise.resolve();

  const respond = async (message: Buffer, isBinary: boolean): Promise<void> => {
    if (!isEnding && socket.readyState === socket.OPEN) {
      isAnswering = true;
      const answered = answer(message, isBinary);
      answerUnderWay = answered;
      const reply = await answered;
      isAnswering = false;
      isSending = true;
      connection.setTimeout(silence);
      await send(socket, reply);
      connection.setTimeout(0);
      isSending = false;
    }
    waiting -= 1;
    if (waiting === 0) socket.resume();
  };

  socket.on('message', (message: Buffer, isBinary) => {
    // Some more may have come in the same chunk; no further one is read.
    waiting += 1;
    socket.pause();
    answering = answering.then(() => respond(message, isBinary));
  });

  let unanswered = 0;
  let received = 0;
  socket.on('pong', () => (unanswered = 0));
  const heartbeat = setInterval(() => {
    // It waits for the server, which isn't reading its pongs. What is sent has a time of its own.
    if (isAnswering || isSending) return;
    // There are no pongs in the middle of a large message.
    const before = received;
    received = connection.bytesRead;
    if (received - before > OF_PONGS) unanswered = 0;
    if (unanswered >= MAX_UNANSWERED) return socket.terminate();
    unanswered += 1;
    socket.ping();
  }, pingInterval);
  socket.on('close', () => clearInterval(heartbeat));
  // Of a client that takes nothing of its answer for as long as pings are waited for; taking a part of it sets the time back.
  connection.on('timeout', () => socket.terminate());

  return {
    end: () => {
      isEnding = true;
      void answerUnderWay.then(() => {
        const giveUp = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT);
        socket.on('close', () => clearTimeout(giveUp));
      });
      void answering.then(() => socket.close(1001, 'the server ends'));
    },
  };
}

/** Returns when the client has been sent all of it, or is gone. */
const send = (socket: WebSocket, message: Uint8Array<ArrayBuffer> | string): Promise<void> =>
  new Promise((resolve) => {
    socket.send(message, { binary: typeof message !== 'string', compress: false }, () => resolve());
  });
