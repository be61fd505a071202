import { bridgeVectorEnv, type BridgeVectorEnv } from './bridge-vector-env.ts';
import { launchServer, type Launch } from './launch.ts';
import { openNodeSocket } from './node-socket.ts';
import { MAX_MESSAGE_BYTES } from './socket.ts';
import { resolveTimeouts, type Timeouts } from './timeouts.ts';

/** What both ways to a server have. */
interface CommonOptions {
  /** Milliseconds. */
  readonly timeouts?: Partial<Timeouts>;
  /** Larger messages end the connection. Default: 64 MiB. */
  readonly maxMessageBytes?: number;
}

/** Options of {@link isaacVectorEnv}: a server that runs, or one to start. */
export type IsaacVectorEnvOptions = CommonOptions &
  (
    | {
        /** `ws://127.0.0.1:4321`, `wss://host/path`, or `unix:/path/of.sock`. */
        readonly url: string;
        /** Where the server was started with one. */
        readonly token?: string | undefined;
        readonly launch?: never;
      }
    | { readonly launch: Launch; readonly url?: never; readonly token?: never }
  );

/**
 * Environments of a Python simulator, through the server of `meow_isaac_bridge`: Isaac Lab, Gymnasium, EnvPool and others.
 *
 * A server that is started here ends with `close()`, and when this process ends, however it ends. A connection that breaks before
 * the first reset is made anew; later that would lose the episodes, and is an error.
 *
 * @throws BridgeError if there is no server, it can't be started, or speaks another version of the protocol
 */
export async function isaacVectorEnv(options: IsaacVectorEnvOptions): Promise<BridgeVectorEnv> {
  const timeouts = resolveTimeouts(options.timeouts);
  const { maxMessageBytes = MAX_MESSAGE_BYTES } = options;
  const limits = { connectTimeout: timeouts.connect, maxMessageBytes };
  if (options.url !== undefined) {
    const { url, token } = options;
    return bridgeVectorEnv({ open: openNodeSocket, address: { url, token, ...limits }, timeouts });
  }
  const server = await launchServer(options.launch, timeouts.start);
  const { url, token, explain } = server;
  const endServer = () => server.end(timeouts.close);
  try {
    return await bridgeVectorEnv({
      open: openNodeSocket,
      address: { url, token, ...limits },
      timeouts,
      endServer,
      explain,
      reconnects: false,
    });
  } catch (error) {
    await endServer();
    throw error;
  }
}
