import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

import { encodeMessage, ndarray } from '@meow-rl/envs-isaac-bridge';
import { normalRows, observationSpace } from '@meow-rl/export/testing';
import { createGenerator, type Generator } from '@meow-rl/random';
import { expect, it, onTestFinished } from 'vitest';

import { actionsOf, client } from './testing/client.ts';
import { serve, trainedPolicies } from './testing/serve-trained.ts';

const size = observationSpace.size;
const one = normalRows(1, size, 2);
const asking = encodeMessage({ observation: ndarray(one, [size]) });

const HANDSHAKE =
  'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

/** A binary frame as a client sends it, with a mask of zeros. */
function frame(payload: Uint8Array): Buffer {
  const header = Buffer.from([0x82, 0x80 | 126, 0, 0, 0, 0, 0, 0]);
  header.writeUInt16BE(payload.length, 2);
  return Buffer.concat([header, payload]);
}

/** Cuts a stream off, loses or doubles a part of it, or changes up to three bytes; none before `begin`. */
function mutated(stream: Buffer, begin: number, generator: Generator): Buffer {
  const bytes = Buffer.from(stream);
  // Lengths and types are at the front.
  const at = () => begin + generator.integer(generator.integer(2) === 0 ? 40 : bytes.length - begin);
  const kind = generator.integer(4);
  if (kind === 0) return bytes.subarray(0, at());
  if (kind === 1) return Buffer.concat([bytes.subarray(0, at()), bytes.subarray(at())]);
  for (let i = 0; i <= generator.integer(3); i += 1) bytes[at()] = generator.integer(256);
  return bytes;
}

it('300 mutated byte streams leave the server as it was', async () => {
  const { policy, dispose } = await trainedPolicies();
  onTestFinished(() => void dispose());
  const generator = createGenerator(23);
  const server = await serve({ policy });
  const ofRobot = encodeMessage({ state: ndarray(one, [size]) });
  const stream = Buffer.concat([Buffer.from(HANDSHAKE), frame(asking), frame(ofRobot)]);
  const play = async (index: number) => {
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    const bytes = mutated(stream, index % 4 === 0 ? 0 : HANDSHAKE.length, generator);
    // Half of the clients wait until the server has read all; the others vanish, whatever it has.
    if (index % 2 === 0) {
      socket.end(bytes);
      await Promise.race([once(socket, 'close'), pause(5000)]);
      socket.destroy();
    } else {
      socket.write(bytes);
      await Promise.race([once(socket, 'end'), pause(60)]);
      socket.resetAndDestroy();
    }
  };
  for (let first = 0; first < 300; first += 30)
    await Promise.all(Array.from({ length: 30 }, (_, index) => play(first + index)));
  await expect.poll(() => server.clients).toBe(0);
  expect(server.counts.refused).toBeGreaterThan(30);
  expect(server.counts.answered).toBeGreaterThan(30);
  const { ask } = await client(server);
  expect(actionsOf(await ask(asking))).toEqual([...(await policy.act(one))]);
});
