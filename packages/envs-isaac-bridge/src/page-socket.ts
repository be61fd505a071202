import { BridgeError } from './bridge-error.ts';
import { SUBPROTOCOL, type OpenSocket } from './socket.ts';

/** What of the browser's WebSocket is used. */
export interface PageWebSocket {
  binaryType: string;
  send(bytes: Uint8Array<ArrayBuffer>): void;
  close(): void;
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(
    type: 'close',
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void;
}

/** The browser's class of WebSockets, or one like it. */
export type PageWebSocketClass = new (url: string, protocols: string[]) => PageWebSocket;

/** A token as a subprotocol: a page can't send headers. */
const tokenProtocol = (token: string) => {
  const binary = String.fromCharCode(...new TextEncoder().encode(token));
  return `bearer.${btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`;
};

/**
 * Connects by the WebSocket of web pages. Pages aren't told why a connection was refused.
 *
 * @param webSocket default: the global one
 * @throws Error where there is none
 */
export function pageSockets(webSocket: PageWebSocketClass = globalWebSocket()): OpenSocket {
  return ({ url, token, connectTimeout, maxMessageBytes }, listener) =>
    new Promise((resolve, reject) => {
      const socket = openOrRefuse(url, () => {
        const protocols = [SUBPROTOCOL, ...(token === undefined ? [] : [tokenProtocol(token)])];
        return new webSocket(url, protocols);
      });
      socket.binaryType = 'arraybuffer';
      let isOpen = false;
      let hasEnded = false;
      const end = (error: BridgeError) => {
        if (hasEnded) return;
        hasEnded = true;
        clearTimeout(timer);
        socket.close();
        if (isOpen) listener.ended(error);
        else reject(error);
      };
      const timer = setTimeout(() => {
        end(
          new BridgeError('timeout', `${url}: no connection within ${connectTimeout} ms. Is a server there?`),
        );
      }, connectTimeout);
      socket.addEventListener('open', () => {
        if (hasEnded) return;
        isOpen = true;
        clearTimeout(timer);
        resolve({
          send: (bytes) => socket.send(bytes),
          close: () => end(new BridgeError('connection', `${url}: closed.`)),
        });
      });
      socket.addEventListener('message', ({ data }) => {
        if (hasEnded) return;
        if (!(data instanceof ArrayBuffer))
          end(new BridgeError('protocol', `${url}: a text message came, expected a binary one.`));
        else if (data.byteLength > maxMessageBytes)
          end(
            new BridgeError(
              'protocol',
              `${url}: a message of ${data.byteLength} bytes came, expected at most ${maxMessageBytes}.`,
            ),
          );
        else listener.message(new Uint8Array(data));
      });
      socket.addEventListener('close', ({ code, reason }) => {
        const said = reason === '' ? `status ${code}` : `status ${code}, ${reason}`;
        end(
          isOpen
            ? new BridgeError('connection', `${url}: the connection was closed with ${said}.`)
            : new BridgeError(
                'connection',
                `${url}: no connection (${said}). See that a server is there, was started with --allow-origin for this page, ` +
                  'has this token, and that no other client is connected.',
              ),
        );
      });
      // A close event follows, which says more.
      socket.addEventListener('error', () => {});
    });
}

/** Pages throw a SyntaxError for what is no URL. */
function openOrRefuse(url: string, make: () => PageWebSocket): PageWebSocket {
  try {
    return make();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BridgeError(
      'connection',
      `${JSON.stringify(url)} is no address of a server (${reason}). Give one such as ws://127.0.0.1:4321.`,
      { cause },
    );
  }
}

function globalWebSocket(): PageWebSocketClass {
  const known: unknown = Reflect.get(globalThis, 'WebSocket');
  if (typeof known === 'function') return known as PageWebSocketClass;
  throw new Error(
    'pageSockets: there is no global WebSocket here. In Node use isaacVectorEnv of @meow-rl/envs-isaac-bridge/node.',
  );
}
