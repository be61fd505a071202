import { describe, expect, it } from 'vitest';

import { isaacVectorEnv } from './isaac-vector-env.ts';
import type { PageWebSocketClass } from './page-socket.ts';
import { pageVectorEnv } from './page-vector-env.ts';
import { faultyServer } from './testing/faulty-server.ts';

const problem = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => `${String(Reflect.get(Object(error), 'problem'))}: ${String(error)}`,
  );

/** The class of pages, which throws for what is no URL. */
function PageSocket(url: string): never {
  throw new SyntaxError(`The URL '${url}' is invalid.`);
}

describe('an address', () => {
  it.each([
    ['', 'it is no URL of WebSocket'],
    ['localhost:4321', 'it is no URL of WebSocket'],
    ['ws://', 'it is no URL of WebSocket'],
    ['http://127.0.0.1:1', 'it is no URL of WebSocket'],
    ['ws://127.0.0.1:99999', 'it is no URL of WebSocket'],
    ['ws://127.0.0.1:1#part', 'it has a fragment'],
    ['unix:', 'it names no socket'],
  ])('%j is refused as one', async (url, reason) => {
    expect(await problem(isaacVectorEnv({ url }))).toBe(
      `connection: BridgeError: ${JSON.stringify(url)} is no address of a server: ${reason}. Give one such as ws://127.0.0.1:4321, ` +
        'wss://host/path or unix:/path/of.sock.',
    );
  });

  it('that a page refuses is an error of the bridge', async () => {
    const webSocket = PageSocket as unknown as PageWebSocketClass;
    expect(await problem(pageVectorEnv({ url: 'localhost', webSocket }))).toBe(
      'connection: BridgeError: "localhost" is no address of a server (The URL \'localhost\' is invalid.). Give one such as ws://127.0.0.1:4321.',
    );
  });
});

describe('a token', () => {
  it.each(['', 'secret\n', ' secret', 'sec\u0000ret'])(
    '%j is refused, since no request can carry it',
    async (token) => {
      expect(await problem(isaacVectorEnv({ url: 'ws://127.0.0.1:1', token }))).toContain(
        'connection: BridgeError: ws://127.0.0.1:1: the token is empty or has line ends or spaces around it',
      );
    },
  );

  it('is sent in UTF-8', async () => {
    const sent: (string | undefined)[] = [];
    const { url } = await faultyServer({
      refuse: ({ headers }) => {
        sent.push(headers.authorization);
        return 401;
      },
    });
    await problem(isaacVectorEnv({ url, token: 'ä-Ж' }));
    expect(sent.map((header) => Buffer.from(header ?? '', 'latin1').toString())).toEqual(['Bearer ä-Ж']);
  });
});
