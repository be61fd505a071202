import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

import { decodeMessage, encodeMessage, ndarray } from '@meow-rl/envs-isaac-bridge';
import { actionSpace, normalRows, observationSpace } from '@meow-rl/export/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';

import { servePolicy, type PolicyServer } from './policy-server.ts';
import { actionsOf, client } from './testing/client.ts';
import { serve, trainedPolicies } from './testing/serve-trained.ts';

let trained: Awaited<ReturnType<typeof trainedPolicies>>;
beforeAll(async () => {
  trained = await trainedPolicies();
});
afterAll(() => trained.dispose());

const [size, width] = [observationSpace.size, actionSpace.size];
const one = normalRows(1, size, 2);
const asking = (values = one, shape: readonly number[] = [size]) =>
  encodeMessage({ observation: ndarray(values, shape) });

const expected = async (values = one): Promise<number[]> => [...(await trained.policy.act(values))];

/** The status and text that a plain request gets. */
async function get(server: PolicyServer, path: string, headers: Record<string, string> = {}) {
  const response = await fetch(server.url.replace('ws:', 'http:') + path, { headers });
  return [response.status, await response.text()];
}

/** The status that refuses a client. */
async function refusal(server: PolicyServer, headers: Record<string, string> = {}): Promise<number> {
  const socket = new WebSocket(server.url, { headers });
  const [, response] = await once(socket, 'unexpected-response');
  socket.on('error', () => {});
  socket.terminate();
  return response.statusCode;
}

/** The first two answers of a server that samples. */
const sampledAnswers = async (seed: number) => {
  const policy = await trained.sampled(seed);
  const server = await servePolicy({ policy, actions: 'sampled', port: 0 });
  const { ask, metadata } = await client(server);
  expect(metadata['actions']).toBe('sampled');
  const answers = [actionsOf(await ask(asking())), actionsOf(await ask(asking()))];
  await server.close();
  await policy.dispose();
  return answers;
};

/** The header of openpi's client. */
const key = (text: string) => ({
  authorization: Buffer.from(`Api-Key ${text}`).toString('latin1'),
});

describe('a request', () => {
  it.each<[string, () => Uint8Array | string, string]>([
    ['text', () => 'hello', 'a text message came, expected a binary one.'],
    ['nothing', () => new Uint8Array(), 'the message of 0 bytes can’t be read: it says that it is longer'],
    ['garbage', () => Uint8Array.of(0xc1, 2), '0xc1, which MessagePack doesn’t use'],
    ['half a message', () => asking().subarray(0, 30), 'longer than the 30 bytes that came'],
    [
      'an oversized length',
      () => Uint8Array.of(0x81, 0xa1, 0x61, 0xc6, 0xff, 0xff, 0xff, 0xff),
      'longer than the 8 bytes that came',
    ],
    ['a list without end', () => encodeMessage({ a: Array(5000).fill(1) }), 'it holds more than 4096 values'],
    ['no entry', () => encodeMessage({}), 'the message has no entry, expected one observation'],
    [
      'two names',
      () => encodeMessage({ observation: ndarray(one, [size]), state: ndarray(one, [size]) }),
      'the message has the entries observation, state, expected one observation',
    ],
    ['no tensor', () => encodeMessage({ observation: null }), 'observation is None, expected a NumPy array'],
    ['bytes', () => encodeMessage({ state: new Uint8Array(20) }), 'state is bytes, expected a NumPy array'],
    ['text in it', () => encodeMessage({ observation: 'high' }), 'observation is string "high", expected'],
    [
      'pixels',
      () => encodeMessage({ observation: ndarray(new Uint8Array(5), [5]) }),
      'observation has dtype |u1, expected <f4 or <f8',
    ],
    [
      'another dtype',
      () => encodeMessage({ observation: { ...ndarray(one, [size]), dtype: '<f2' as '<f4' } }),
      'a tensor has dtype "<f2"',
    ],
    ['no row', () => asking(new Float32Array(), [0, size]), 'observation has shape [0, 5], expected [5] or'],
    ['no axis', () => asking(Float32Array.of(1), []), 'observation has shape [], expected [5]'],
    ['too many axes', () => asking(one, [1, 1, size]), 'observation has shape [1, 1, 5], expected [5]'],
    [
      'other columns',
      () => asking(normalRows(2, 4, 1), [2, 4]),
      'observation has shape [2, 4], expected [5]',
    ],
    [
      'a batch of a robot',
      () => encodeMessage({ state: ndarray(one, [1, size]) }),
      'state has shape [1, 5], expected [5].',
    ],
    [
      'what float32 can’t hold',
      () => encodeMessage({ observation: ndarray(Float64Array.of(0, 0, 0, 0, 0, 0, 1e39, 0, 0, 0), [2, 5]) }),
      'observation is 1e+39 in entry 1 of row 1, expected a number that is finite in float32.',
    ],
  ])('with %s is answered by what was expected and what came', async (_, message, text) => {
    const server = await serve({ policy: trained.policy });
    const { ask } = await client(server);
    expect(await ask(message())).toContain(text.replaceAll('’', "'"));
    expect(actionsOf(await ask(asking()))).toEqual(await expected());
    expect(server.counts).toMatchObject({ answered: 1, refused: 1 });
  });

  it('of more rows than are taken is refused, and one of as many is answered', async () => {
    const server = await serve({ policy: trained.policy, maxRows: 3 });
    const { ask } = await client(server);
    expect(await ask(asking(normalRows(4, size, 1), [4, size]))).toBe(
      'observation has 4 rows, expected at most 3; ask for them in parts.',
    );
    const rows = normalRows(3, size, 1);
    expect(actionsOf(await ask(asking(rows, [3, size])))).toEqual(await expected(rows));
  });

  it('of a small message with many rows is refused before the policy takes memory for them', async () => {
    const { ask } = await client(await serve({ policy: trained.policy }));
    expect(await ask(asking(new Float32Array(16_385 * size), [16_385, size]))).toContain(
      '16385 rows, expected at most 16384',
    );
  });

  it('whose actions aren’t finite, or fail, is answered by that', async () => {
    const { policy } = trained;
    const answers = [
      () => Promise.resolve(Float32Array.of(0, Number.NaN, 0)),
      () => Promise.reject(new Error('out of memory')),
      () => policy.act(one),
    ];
    const server = await serve({ policy: { ...policy, act: () => (answers.shift() ?? expect.fail)() } });
    const { ask } = await client(server);
    expect(await ask(asking())).toBe('the policy gives an action that is not finite for this observation.');
    expect(await ask(asking())).toBe('the policy failed: Error: out of memory');
    expect(actionsOf(await ask(asking()))).toEqual(await expected());
  });

  it('is answered in its order and alone, whoever asks', async () => {
    let [running, most] = [0, 0];
    const { policy } = trained;
    const act = async (observations: Float32Array) => {
      running += 1;
      most = Math.max(most, running);
      await pause(2);
      running -= 1;
      return policy.act(observations);
    };
    const server = await serve({ policy: { ...policy, act } });
    const got = await Promise.all(
      [1, 2, 3].map(async (seed) => {
        const { socket } = await client(server);
        const answers: number[][] = [];
        socket.on('message', (data: Buffer) => answers.push(actionsOf(decodeMessage(data))));
        const rows = [0, 1, 2, 3].map((index) => normalRows(1, size, 10 * seed + index));
        for (const values of rows) socket.send(asking(values));
        await expect.poll(() => answers.length).toBe(rows.length);
        return [answers, await Promise.all(rows.map((values) => expected(values)))];
      }),
    );
    for (const [answers, right] of got) expect(answers).toEqual(right);
    expect(most).toBe(1);
  });

  it('of a sampled policy draws its noise by the seed', async () => {
    const answers = await sampledAnswers(1);
    expect(await sampledAnswers(1)).toEqual(answers);
    expect(answers[0]).not.toEqual(answers[1]);
    expect((await sampledAnswers(2))[0]).not.toEqual(answers[0]);
    expect(answers.flat().every((x, i) => x >= (actionSpace.low[i % width] ?? NaN))).toBe(true);
  });
});

describe('a connection', () => {
  it('needs the token before all else, where there is one', async () => {
    const token = 'geheim-0123456789-ä';
    const server = await serve({ policy: trained.policy, token });
    for (const headers of [
      {},
      key(''),
      key(token.slice(1)),
      key(`${token} `.repeat(2)),
      { authorization: `Bearer ${Buffer.from(token).toString('latin1')}` },
      { ...key('wrong'), origin: 'https://example.org' },
    ])
      expect(await refusal(server, headers)).toBe(401);
    expect(await get(server, '/healthz')).toEqual([401, expect.stringContaining('Api-Key')]);
    expect(await refusal(server, { ...key(token), origin: 'https://example.org' })).toBe(403);
    const { ask } = await client(server, { headers: key(token) });
    expect(actionsOf(await ask(asking()))).toEqual(await expected());
  });

  it('of a page is refused, and so is one too many', async () => {
    const server = await serve({ policy: trained.policy, maxClients: 2 });
    expect(await refusal(server, { origin: 'http://localhost' })).toBe(403);
    const first = await client(server);
    await client(server);
    expect(await refusal(server)).toBe(503);
    first.socket.terminate();
    await expect.poll(() => server.clients).toBe(1);
    await client(server);
  });

  it('without WebSocket gets /healthz as of openpi’s servers, else what to do', async () => {
    const server = await serve({ policy: trained.policy });
    expect(await get(server, '/healthz')).toEqual([200, 'OK\n']);
    expect(await get(server, '/')).toEqual([426, expect.stringContaining('connect with openpi-client')]);
  });

  it('with a message too large is closed with status 1009', async () => {
    const server = await serve({ policy: trained.policy, maxMessageBytes: 1000 });
    const { socket } = await client(server);
    const closed = once(socket, 'close');
    socket.send(new Uint8Array(1001));
    expect((await closed)[0]).toBe(1009);
    const { ask } = await client(server);
    expect(actionsOf(await ask(asking()))).toEqual(await expected());
  });

  it('that answers no pings is given up, one that does stays', async () => {
    const server = await serve({ policy: trained.policy, pingInterval: 100 });
    const { socket } = await client(server);
    await client(server);
    socket.pause();
    await expect.poll(() => server.clients, { timeout: 5000 }).toBe(1);
    await pause(500);
    expect(server.clients).toBe(1);
  });

  it('that sends a large message slowly stays, though it can’t answer pings meanwhile', async () => {
    const server = await serve({ policy: trained.policy, pingInterval: 50 });
    const socket = connect(server.port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.write(
      `GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n\r\n`,
    );
    await once(socket, 'data');
    const [parts, bytes] = [20, 400];
    const header = Buffer.from([0x82, 0xfe, 0, 0, 0, 0, 0, 0]);
    header.writeUInt16BE(parts * bytes, 2);
    socket.write(header);
    for (let part = 0; part < parts; part += 1) {
      socket.write(Buffer.alloc(bytes));
      await pause(40);
    }
    await expect.poll(() => server.counts.refused, { timeout: 5000 }).toBe(1);
    expect(server.clients).toBe(1);
    // It answers nothing more.
    await expect.poll(() => server.clients, { timeout: 5000 }).toBe(0);
  });

  it('that reads a large answer slowly stays, one that stops reading is given up', async () => {
    const large = new Float32Array(8_000_000);
    const server = await serve({
      policy: { ...trained.policy, act: async () => large },
      pingInterval: 50,
    });
    const slow = await client(server);
    const stopped = await client(server);
    const answers: unknown[] = [];
    slow.socket.once('message', (answer) => answers.push(answer));
    stopped.socket.pause();
    for (const { socket } of [slow, stopped]) socket.send(asking());
    const begun = performance.now();
    while (answers.length === 0 && performance.now() - begun < 20_000) {
      slow.socket.pause();
      await pause(30);
      slow.socket.resume();
      await pause(1);
    }
    // Long after pings without an answer would have been too many.
    expect([answers.length, performance.now() - begun > 400]).toEqual([1, true]);
    expect(slow.socket.readyState).toBe(WebSocket.OPEN);
    await expect.poll(() => server.clients, { timeout: 5000 }).toBe(1);
  });

  it('whose answer takes longer than pings are waited for stays', async () => {
    const act = async () => (await pause(700), trained.policy.act(one));
    const server = await serve({ policy: { ...trained.policy, act }, pingInterval: 100 });
    const { ask } = await client(server);
    expect(actionsOf(await ask(asking()))).toEqual(await expected());
  });

  it('that reads no answers makes the server read no further', async () => {
    let asked = 0;
    const rows = 2000;
    const act = (observations: Float32Array) => {
      asked += 1;
      return trained.policy.act(observations);
    };
    const server = await serve({ policy: { ...trained.policy, act } });
    const { socket } = await client(server);
    socket.pause();
    const batch = asking(normalRows(rows, size, 1), [rows, size]);
    // More than buffers of the system hold.
    for (let i = 0; i < 1000; i += 1) socket.send(batch);
    let before = -1;
    await expect
      .poll(
        () => {
          const rested = asked === before;
          before = asked;
          return rested;
        },
        { interval: 200, timeout: 20_000 },
      )
      .toBe(true);
    expect(asked).toBeLessThan(1000);
    expect(socket.bufferedAmount).toBeGreaterThan(10 * batch.length);
    const other = await client(server);
    expect(actionsOf(await other.ask(asking()))).toEqual(await expected());
  });

  it('gets the answer that is under way when the server closes, then status 1001', async () => {
    let acts = 0;
    // Longer than the closing handshake may take.
    const act = async () => ((acts += 1), await pause(1200), trained.policy.act(one));
    const server = await serve({ policy: { ...trained.policy, act } });
    const { socket, ask } = await client(server);
    const idle = connect(server.port, '127.0.0.1');
    await once(idle, 'connect');
    const closed = once(socket, 'close');
    const answer = ask(asking());
    await expect.poll(() => acts, { interval: 5 }).toBe(1);
    await server.close();
    expect(actionsOf(await answer)).toEqual(await expected());
    expect((await closed)[0]).toBe(1001);
    const refused = connect(server.port, '127.0.0.1');
    const [error] = await once(refused, 'error');
    expect(error.code).toBe('ECONNREFUSED');
  });
});

it('a server is closed when the policy has nothing more to do, though the client is gone', async () => {
  let state = 'waits';
  const act = async () => {
    state = 'acts';
    await pause(100);
    state = 'has acted';
    return trained.policy.act(one);
  };
  const server = await serve({ policy: { ...trained.policy, act } });
  const { socket } = await client(server);
  socket.send(asking());
  await expect.poll(() => state, { interval: 5 }).toBe('acts');
  socket.terminate();
  await server.close();
  expect(state).toBe('has acted');
});

describe('servePolicy', () => {
  it.each([
    [{ host: '0.0.0.0' }, '0.0.0.0 lets others than this machine connect, so a token is needed'],
    [{ host: '::' }, ':: lets others than this machine connect'],
    [{ host: '10.0.0.1', token: 'short' }, 'the token has 5 characters, at least 16 are needed for 10.0.0.1'],
    [{ token: '' }, 'the token is empty'],
    [
      { maxMessageBytes: 2 ** 31 },
      'maxMessageBytes is 2147483648, expected a whole number from 1 to 2147483647',
    ],
    [{ pingInterval: Number.POSITIVE_INFINITY }, 'pingInterval is Infinity'],
    [{ maxRows: Number.NaN }, 'maxRows is NaN'],
    [{ maxClients: 0 }, 'maxClients is 0'],
    [
      { token: 'a token of one line\n' },
      'the token has line ends or spaces around it, which no client can send',
    ],
    [{ token: ' a token with a space' }, 'the token has line ends or spaces around it'],
  ])('%j is refused', async (options, text) => {
    await expect(servePolicy({ policy: trained.policy, port: 0, ...options })).rejects.toThrow(text);
  });

  it('listens on other addresses with a token, and on the loopback interface without', async () => {
    const token = '0123456789abcdef';
    const all = await serve({ policy: trained.policy, host: '0.0.0.0', token });
    expect(await refusal(all)).toBe(401);
    const local = await serve({ policy: trained.policy, host: '127.0.0.2' });
    expect(local.url).toBe(`ws://127.0.0.2:${local.port}`);
    await client(local);
  });

  it('says where it can’t listen', async () => {
    const { port } = await serve({ policy: trained.policy });
    await expect(servePolicy({ policy: trained.policy, port })).rejects.toThrow(
      `can't listen on 127.0.0.1, port ${port}: another program listens there. End it, or give another port.`,
    );
  });
});
