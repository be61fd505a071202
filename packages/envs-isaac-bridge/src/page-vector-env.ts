import { bridgeVectorEnv, type BridgeVectorEnv } from './bridge-vector-env.ts';
import { pageSockets, type PageWebSocketClass } from './page-socket.ts';
import { MAX_MESSAGE_BYTES } from './socket.ts';
import { resolveTimeouts, type Timeouts } from './timeouts.ts';

/** Options of {@link pageVectorEnv}. */
export interface PageVectorEnvOptions {
  /** `ws://127.0.0.1:4321` or `wss://host/path`. The server was started with `--allow-origin` and the origin of the page. */
  readonly url: string;
  /** Where the server was started with one. */
  readonly token?: string;
  /** Milliseconds. */
  readonly timeouts?: Partial<Timeouts>;
  /** Larger messages end the connection. Default: 64 MiB. */
  readonly maxMessageBytes?: number;
  /** Default: the global one. */
  readonly webSocket?: PageWebSocketClass;
}

/**
 * `isaacVectorEnv` for web pages, to a server that runs.
 *
 * @throws BridgeError if there is none that takes this page, or it speaks another version of the protocol
 */
export function pageVectorEnv({
  url,
  token,
  timeouts: given,
  maxMessageBytes = MAX_MESSAGE_BYTES,
  webSocket,
}: PageVectorEnvOptions): Promise<BridgeVectorEnv> {
  const timeouts = resolveTimeouts(given);
  const address = { url, token, connectTimeout: timeouts.connect, maxMessageBytes };
  return bridgeVectorEnv({ open: pageSockets(webSocket), address, timeouts });
}
