import { once } from 'node:events';

import { decodeMessage, numbersOf, type Message, type Ndarray } from '@meow-rl/envs-isaac-bridge';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';

import type { PolicyServer } from '../policy-server.ts';

/** A client that has the metadata. `ask` gives the answer's bytes, or its text. */
export async function client({ url }: PolicyServer, options: { headers?: Record<string, string> } = {}) {
  const socket = new WebSocket(url, options);
  onTestFinished(() => socket.terminate());
  const [metadata] = await once(socket, 'message');
  const ask = async (message: Uint8Array | string): Promise<Message | string> => {
    const answer = once(socket, 'message');
    socket.send(message);
    const [data, isBinary] = await answer;
    return isBinary ? decodeMessage(data) : String(data);
  };
  return { socket, ask, metadata: decodeMessage(metadata) };
}

/** The numbers of an answer, which has to be none of text. */
export const actionsOf = (answer: Message | string): number[] => {
  if (typeof answer === 'string') throw new Error(answer);
  return [...numbersOf(answer['actions'] as Ndarray)];
};
