import { createServer, connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';

import { createGenerator } from '@meow-rl/random';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';

import { BridgeError } from './bridge-error.ts';
import { encodeMessage, isNdarray, type Message } from './codec.ts';
import { isaacVectorEnv, type IsaacVectorEnvOptions } from './isaac-vector-env.ts';
import { ndarray, numbersOf } from './ndarray.ts';
import type { PageWebSocketClass } from './page-socket.ts';
import { pageVectorEnv } from './page-vector-env.ts';
import { ANSWERS, faultyServer, LOST_STEP, rightAnswer, type Fault } from './testing/faulty-server.ts';
import type { Timeouts } from './timeouts.ts';

const soon = { connect: 2000, hello: 2000, reset: 2000, step: 2000, state: 2000, close: 500 };

const ACTIONS = Float32Array.of(0.5, -0.5);

async function open(url: string, timeouts: Partial<Timeouts> = soon) {
  const env = await isaacVectorEnv({ url, timeouts });
  onTestFinished(() => env.close());
  return env;
}

/** The error of a step that is answered by a fault. */
async function stepError(fault: Fault, timeouts: Partial<Timeouts> = soon): Promise<BridgeError> {
  const { url } = await faultyServer({ faults: { step: fault } });
  const env = await open(url, timeouts);
  await env.reset({ seed: 0 });
  const error: unknown = await env.step(ACTIONS).then(
    () => new Error('the step went well'),
    (problem: unknown) => problem,
  );
  expect(error).toBeInstanceOf(BridgeError);
  // Nobody knows where the environments stand: there is no going on.
  await expect(env.step(ACTIONS)).rejects.toThrow(BridgeError);
  await expect(env.reset({ seed: 0 })).rejects.toThrow(BridgeError);
  return error as BridgeError;
}

const answered =
  (fields: Message): Fault =>
  (request) => ({ ...rightAnswer(request), ...fields });

describe('a server that does right', () => {
  it('gives steps, last observations in the rows that ended, and episodes', async () => {
    const { url } = await faultyServer();
    const env = await open(url);
    expect(env).toMatchObject({ id: 'gym:Faulty-v0', numEnvs: 2, autoresetMode: 'same-step' });
    await env.reset({ seed: 3 });
    const result = await env.step(ACTIONS);
    expect([...result.observations]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...result.rewards]).toEqual([0.5, -0.25]);
    expect([...result.truncated]).toEqual([0, 1]);
    expect([...result.finalObservations.subarray(3)]).toEqual([7, 8, 9]);
    expect([...(result.finalObservationUnknown ?? [])]).toEqual([0, 0]);
    expect(result.infos).toEqual([{}, { episode: { return: 3.5, length: 12 } }]);
  });

  it('may have observations of integers', async () => {
    const { url } = await faultyServer({
      faults: {
        reset: answered({ observations: ndarray(Uint8Array.of(0, 1, 2, 253, 254, 255), [2, 3]) }),
        step: answered({
          observations: ndarray(Int32Array.of(-1, 2, -3, 4, -5, 6), [2, 3]),
          finalObservations: {
            ...ndarray(new Uint8Array(BigInt64Array.of(-7n, 8n, -9n).buffer), [1, 3]),
            dtype: '<i8',
          },
        }),
      },
    });
    const env = await open(url);
    expect([...(await env.reset()).observations]).toEqual([0, 1, 2, 253, 254, 255]);
    const result = await env.step(ACTIONS);
    expect([...result.observations]).toEqual([-1, 2, -3, 4, -5, 6]);
    expect([...result.finalObservations.subarray(3)]).toEqual([-7, 8, -9]);
  });

  it('that loses a last observation has it marked', async () => {
    const { url } = await faultyServer({ faults: { step: answered(LOST_STEP) } });
    const env = await open(url);
    await env.reset();
    expect([...((await env.step(ACTIONS)).finalObservationUnknown ?? [])]).toEqual([0, 1]);
  });

  it('resets the rows of a mask alone, whatever says that they are chosen', async () => {
    const masks: unknown[] = [];
    const { url } = await faultyServer({
      faults: {
        hello: answered({ autoresetMode: 'disabled' }),
        reset: (request) => {
          masks.push(isNdarray(request['mask']) ? [...numbersOf(request['mask'])] : request['mask']);
          return rightAnswer(request);
        },
      },
    });
    const env = await open(url);
    await env.reset({ seed: 0 });
    const inSecondRow = [[false, true], [0, 2], [0, 256], [0, 0.5], Uint8Array.of(0, 255)];
    for (const mask of inSecondRow) {
      await env.step(ACTIONS);
      await env.reset({ mask });
    }
    await env.reset({ mask: [7, true] });
    expect(masks).toEqual([undefined, ...inSecondRow.map(() => [0, 1]), undefined]);
  });

  it('is not asked to reset no row', async () => {
    const resets: Message[] = [];
    const { url } = await faultyServer({
      faults: {
        hello: answered({ autoresetMode: 'disabled' }),
        reset: (request) => (resets.push(request), rightAnswer(request)),
      },
    });
    const env = await open(url);
    await env.reset();
    const { observations, infos } = await env.step(ACTIONS);
    const before = [[...observations], [...infos]];
    const after = await env.reset({ mask: [0, false] });
    expect([[...after.observations], [...after.infos]]).toEqual(before);
    expect(resets).toHaveLength(1);
    // The row that ended still waits.
    await expect(env.step(ACTIONS)).rejects.toThrow('the episode of environment 1 is over');
  });

  it('gives the critic its own observations, and the last ones of rows that ended', async () => {
    const low = ndarray(Float64Array.of(-1), [1]);
    const criticObservations = ndarray(Float32Array.of(10, 20), [2, 1]);
    const { url } = await faultyServer({
      faults: {
        hello: answered({
          criticObservation: { shape: [1], low, high: ndarray(Float64Array.of(99), [1]), dtype: '<f4' },
        }),
        reset: answered({ criticObservations }),
        step: answered({ criticObservations, finalCriticObservations: ndarray(Float32Array.of(30), [1, 1]) }),
      },
    });
    const env = await open(url);
    expect(env.criticObservationSpace?.size).toBe(1);
    expect([...((await env.reset()).criticObservations ?? [])]).toEqual([10, 20]);
    const step = await env.step(ACTIONS);
    expect([...(step.criticObservations ?? [])]).toEqual([10, 20]);
    expect(step.finalCriticObservations?.[1]).toBe(30);
  });

  it('is spoken to from a page, with the token as a subprotocol', async () => {
    const { url } = await faultyServer();
    const asked: string[][] = [];
    // The interface of web pages, by the library that Node's client has.
    class PageSocket extends WebSocket {
      constructor(address: string, protocols: string[]) {
        super(address, protocols);
        asked.push(protocols);
      }
    }
    const webSocket = PageSocket as unknown as PageWebSocketClass;
    const env = await pageVectorEnv({ url, token: 'ä/?', timeouts: soon, webSocket });
    onTestFinished(() => env.close());
    expect(asked).toEqual([['meow-bridge.v1', `bearer.${Buffer.from('ä/?').toString('base64url')}`]]);
    await env.reset({ seed: 1 });
    expect([...(await env.step(ACTIONS)).rewards]).toEqual([0.5, -0.25]);
  });

  it('is waited for anew where this process stood still beyond the timeout', async () => {
    const { url } = await faultyServer();
    const env = await open(url, { ...soon, step: 100 });
    await env.reset();
    const step = env.step(ACTIONS);
    // Timers are looked at before sockets.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700);
    expect([...(await step).rewards]).toEqual([0.5, -0.25]);
  });

  it('is asked one thing at a time', async () => {
    const { url } = await faultyServer();
    const env = await open(url);
    await env.reset();
    const first = env.step(ACTIONS);
    await expect(env.step(ACTIONS)).rejects.toThrow(
      'step was called while step is under way. Await each call.',
    );
    await first;
    await env.step(ACTIONS);
  });
});

describe('a server that can’t be reached', () => {
  it('is named, with what to do', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await expect(isaacVectorEnv({ url: `ws://127.0.0.1:${port}`, timeouts: soon })).rejects.toThrow(
      /no connection \(connect ECONNREFUSED.*\)\. Start a server there/,
    );
    await expect(isaacVectorEnv({ url: 'unix:/no/such.sock', timeouts: soon })).rejects.toThrow('ENOENT');
  });

  it.each([
    [401, 'HTTP status 401: the token is missing or another one. Give the token'],
    [403, 'HTTP status 403: it takes no requests from a page'],
    [400, "HTTP status 400: its protocol isn't meow-bridge.v1"],
    [503, 'HTTP status 503: it has as many clients as it takes'],
    [500, 'HTTP status 500: expected 101'],
  ])('refuses with %i', async (status, problem) => {
    const { url } = await faultyServer({ refuse: () => status });
    await expect(isaacVectorEnv({ url, timeouts: soon })).rejects.toThrow(problem);
    const webSocket = WebSocket as unknown as PageWebSocketClass;
    await expect(pageVectorEnv({ url, timeouts: soon, webSocket })).rejects.toThrow(
      'no connection (status 1006)',
    );
  });

  it('speaks another subprotocol', async () => {
    const { url } = await faultyServer({ subprotocol: 'meow-bridge.v2' });
    await expect(isaacVectorEnv({ url, timeouts: soon })).rejects.toThrow(/subprotocol.*of the same version/);
  });

  it('accepts, and says nothing', async () => {
    const server = createServer(() => {});
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const url = `ws://127.0.0.1:${port}`;
    const timeouts = { ...soon, connect: 50 };
    await expect(isaacVectorEnv({ url, timeouts })).rejects.toThrow('no connection within 50 ms');
    const webSocket = WebSocket as unknown as PageWebSocketClass;
    await expect(pageVectorEnv({ url, timeouts, webSocket })).rejects.toThrow('no connection within 50 ms');
  });
});

describe('a hello that won’t do', () => {
  const hello = ANSWERS['hello'] ?? {};
  const infinite = ndarray(Float64Array.of(Number.POSITIVE_INFINITY), [1]);
  it.each([
    [{ protocol: 2 }, 'speaks version 2 of the protocol, this client version 1. Install the same version'],
    [{ protocol: null }, 'speaks version null of the protocol'],
    [{ numEnvs: 0 }, 'numEnvs is 0, expected a positive integer'],
    [{ task: 7 }, 'task is 7, expected text'],
    [{ autoresetMode: 'sometimes' }, 'autoresetMode is "sometimes", expected one of next-step'],
    [{ observation: null }, 'observation is null, expected a space'],
    [{ versions: 'new' }, 'versions is "new", expected a map'],
    [{ seeded: 'yes' }, 'seeded is "yes", expected true or false'],
    [{ action: { low: infinite, high: infinite } }, 'low is Infinity'],
    [{ action: { ...(hello['action'] as Message), high: infinite } }, 'action has no finite bounds'],
  ])('%s', async (fields, problem) => {
    const { url } = await faultyServer({ faults: { hello: answered(fields) } });
    await expect(isaacVectorEnv({ url, timeouts: soon })).rejects.toThrow(problem);
  });
});

describe('a step that goes wrong', () => {
  it('in the simulator brings its traceback, and ends the connection', async () => {
    const error = await stepError(({ id }) => ({
      type: 'error',
      id,
      kind: 'simulator',
      message: 'RuntimeError: the joint came off',
      traceback: 'Traceback (most recent call last):\n  File "ant.py", line 3, in step\n',
    }));
    expect(error).toMatchObject({ problem: 'simulator' });
    expect(error.message).toBe('step failed in the server: RuntimeError: the joint came off');
    expect(error.stack).toMatch(
      /\n\nTraceback \(most recent call last\):\n  File "ant\.py", line 3, in step$/,
    );
  });

  it('by its actions leaves the environments where they were', async () => {
    let refused = false;
    const fault: Fault = (request) => {
      if (refused) return rightAnswer(request);
      refused = true;
      return {
        type: 'error',
        id: request['id'],
        kind: 'actions',
        message: 'row 0 has 2 in entry 0, expected -1 to 1',
      };
    };
    const { url } = await faultyServer({ faults: { step: fault } });
    const env = await open(url);
    await env.reset();
    await expect(env.step([2, 0])).rejects.toThrow('row 0 has 2 in entry 0');
    expect([...(await env.step(ACTIONS)).rewards]).toEqual([0.5, -0.25]);
  });

  const tensor = ndarray(new Float32Array(6), [3, 2]);
  it.each<[string, Fault, BridgeError['problem'], string]>([
    [
      'server killed',
      (_, socket) => void socket.terminate(),
      'connection',
      'the server is gone without a word',
    ],
    [
      'closed by the server',
      (_, socket) => void socket.close(1011, 'out of memory'),
      'connection',
      'closed with status 1011, out of memory',
    ],
    ['text', (_, socket) => void socket.send('hello'), 'protocol', 'a text message came'],
    ['garbage', () => Uint8Array.of(0xc1, 2, 3), 'protocol', "0xc1, which MessagePack doesn't use"],
    ['nothing in it', () => new Uint8Array(0), 'protocol', 'a message of 0 bytes came'],
    [
      'half a message',
      (request) => encodeMessage(rightAnswer(request)).subarray(0, 100),
      'protocol',
      'longer than the 100 bytes that came',
    ],
    [
      'an oversized length',
      () => Uint8Array.of(0x81, 0xa1, 0x61, 0xc6, 0xff, 0xff, 0xff, 0xff),
      'protocol',
      'longer than the 8 bytes',
    ],
    ['another id', answered({ id: 7 }), 'protocol', 'its id is 7, expected 3'],
    ['another type', answered({ type: 'reset' }), 'protocol', 'its type is "reset"'],
    [
      'an error of no kind',
      answered({ type: 'error', kind: 'bad luck' }),
      'protocol',
      'an error of kind "bad luck"',
    ],
    ['no rewards', answered({ rewards: undefined }), 'protocol', 'rewards is missing, expected a tensor'],
    [
      'a wrong shape',
      answered({ observations: tensor }),
      'protocol',
      'observations has shape [3, 2], expected [2, 3]',
    ],
    [
      'a wrong dtype',
      answered({ terminated: ndarray(new Float32Array(2), [2]) }),
      'protocol',
      'terminated has dtype <f4, expected |b1',
    ],
    [
      'flags that are none',
      answered({ terminated: ndarray(Uint8Array.of(0, 2), [2]) }),
      'protocol',
      'terminated is 2 in row 1, expected 0 or 1',
    ],
    [
      'a last row that runs on',
      answered({ finalRows: ndarray(Int32Array.of(0), [1]) }),
      'protocol',
      'finalRows has 0 as entry 0, expected rows that ended',
    ],
    [
      'a last row out of range',
      answered({ finalRows: ndarray(Int32Array.of(2), [1]) }),
      'protocol',
      'finalRows has 2 as entry 0',
    ],
    [
      'one last observation too many',
      answered({ finalObservations: ndarray(new Float32Array(6), [2, 3]) }),
      'protocol',
      'finalObservations has shape [2, 3], expected [1, 3]',
    ],
  ])('%s', async (_, fault, problem, text) => {
    const error = await stepError(fault);
    expect(error.message).toContain(text);
    expect(error.problem).toBe(problem);
  });

  it('by silence ends after its time', async () => {
    const error = await stepError(() => undefined, { ...soon, step: 50 });
    expect(error).toMatchObject({ problem: 'timeout' });
    expect(error.message).toContain(
      "no answer to step within 50 ms. See the server's log for what holds it up; in a program of yours, timeouts.step of isaacVectorEnv allows more.",
    );
  });

  it('by a message too large is not read', async () => {
    const { url } = await faultyServer({
      faults: { reset: answered({ observations: ndarray(new Float32Array(3000), [1000, 3]) }) },
    });
    const env = await isaacVectorEnv({ url, timeouts: soon, maxMessageBytes: 4096 });
    onTestFinished(() => env.close());
    await expect(env.reset()).rejects.toThrow(
      /no WebSocket message as expected \(Max payload size exceeded\)/,
    );
  });

  it('by an answer that nobody asked for', async () => {
    const { url } = await faultyServer({
      faults: {
        reset: (request, socket) => {
          socket.send(encodeMessage(rightAnswer(request)));
          return rightAnswer(request);
        },
      },
    });
    const env = await open(url);
    await env.reset();
    await expect.poll(() => env.step(ACTIONS).then(String, String)).toContain('nothing was asked');
  });

  it('does not keep close() from ending', async () => {
    const { url } = await faultyServer({ faults: { close: () => undefined } });
    const env = await isaacVectorEnv({ url, timeouts: { ...soon, close: 50 } });
    const begun = performance.now();
    await env.close();
    expect(performance.now() - begun).toBeLessThan(2000);
  });
});

describe('a connection that breaks', () => {
  it('before the first reset is made anew, once the server takes it', async () => {
    const { url, counts } = await faultyServer({
      faults: {
        hello: (request, socket) => {
          if (counts.connections === 1) setTimeout(() => socket.terminate(), 20);
          return rightAnswer(request);
        },
      },
    });
    const env = await open(url);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await env.reset({ seed: 0 });
    expect(counts.connections).toBe(2);
  });

  it('is not left behind where close() comes while it is made anew', async () => {
    const sockets: WebSocket[] = [];
    let waiting: Message = {};
    const { url } = await faultyServer({
      faults: {
        hello: (request, socket) => {
          sockets.push(socket);
          waiting = request;
          if (sockets.length > 1) return undefined;
          setTimeout(() => socket.terminate(), 20);
          return rightAnswer(request);
        },
      },
    });
    const env = await open(url);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const reset = expect(env.reset()).rejects.toThrow(
      'isaacVectorEnv(gym:Faulty-v0): reset() was called after close()',
    );
    await expect.poll(() => sockets.length).toBe(2);
    await env.close();
    sockets[1]?.send(encodeMessage(rightAnswer(waiting)));
    await reset;
    await expect.poll(() => sockets[1]?.readyState).toBe(WebSocket.CLOSED);
  });

  it('is refused where other environments are there then', async () => {
    const { url, counts } = await faultyServer({
      faults: {
        hello: (request, socket) => {
          if (counts.connections === 1) setTimeout(() => socket.terminate(), 20);
          return { ...rightAnswer(request), ...(counts.connections > 1 && { task: 'gym:Other-v0' }) };
        },
      },
    });
    const env = await open(url);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await expect(env.reset()).rejects.toThrow(
      'after the connection was lost the server has 2 environments of gym:Other-v0',
    );
  });
});

/** Passes bytes on between client and server, those of the server through `mutate` once the steps begin. */
async function mutatingProxy(target: string, mutate: (chunk: Buffer) => Buffer) {
  const port = Number(new URL(target).port);
  const state = { isOn: false };
  const proxy = createServer((client) => {
    const server = connect(port, '127.0.0.1');
    client.pipe(server);
    server.on('data', (chunk: Buffer) => client.write(state.isOn ? mutate(chunk) : chunk));
    server.on('end', () => client.end());
    for (const socket of [client, server])
      socket.on('error', () => {
        client.destroy();
        server.destroy();
      });
    client.on('close', () => server.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(() => void proxy.close());
  return { url: `ws://127.0.0.1:${(proxy.address() as AddressInfo).port}`, state };
}

describe('mutated byte streams', () => {
  it('give results as agreed or an error of the bridge, and no hang, 250 times', async () => {
    const generator = createGenerator(17);
    const mutate = (chunk: Buffer) => {
      const bytes = Buffer.from(chunk);
      const kind = generator.integer(4);
      // Lengths and types are at the front of frame and message.
      const at = () =>
        generator.integer(generator.integer(2) === 0 ? Math.min(24, bytes.length) : bytes.length);
      if (kind === 0) return bytes.subarray(0, at());
      if (kind === 1) return Buffer.concat([bytes, Buffer.from([generator.integer(256)])]);
      for (let i = 0; i <= generator.integer(3); i += 1) bytes[at()] = generator.integer(256);
      return bytes;
    };
    const { url: target } = await faultyServer();
    const { url, state } = await mutatingProxy(target, mutate);
    const outcomes = { right: 0, refused: 0 };
    const options: IsaacVectorEnvOptions = { url, timeouts: { ...soon, step: 30, close: 20 } };
    for (let run = 0; run < 250; run += 1) {
      state.isOn = false;
      const env = await isaacVectorEnv(options);
      await env.reset({ seed: run });
      state.isOn = true;
      try {
        for (let i = 0; i < 2; i += 1) {
          const result = await env.step(ACTIONS);
          expect(result.observations).toHaveLength(6);
        }
        outcomes.right += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(BridgeError);
        expect(String(error).length).toBeGreaterThan(40);
        outcomes.refused += 1;
      }
      await env.close();
    }
    // Numbers of an observation may change unseen; all else is noticed.
    expect(outcomes.refused).toBeGreaterThan(150);
  });
});

it('refuses timeouts that are none', async () => {
  await expect(isaacVectorEnv({ url: 'ws://127.0.0.1:1', timeouts: { step: 0 } })).rejects.toThrow(
    'timeouts.step is 0, expected milliseconds above 0',
  );
});
