import type { BridgeError } from './bridge-error.ts';

/** The subprotocol that client and server agree on. */
export const SUBPROTOCOL = 'meow-bridge.v1';

/** The largest message that either side takes unless told otherwise: 64 MiB. */
export const MAX_MESSAGE_BYTES = 2 ** 26;

/** What a socket tells. After `ended` it tells nothing more. */
export interface SocketListener {
  message(bytes: Uint8Array): void;
  /** The connection broke or was closed, by whichever side. */
  ended(error: BridgeError): void;
}

/** An open WebSocket connection. */
export interface BridgeSocket {
  /** Sends one binary message. The bytes may be reused once this returns. */
  send(bytes: Uint8Array<ArrayBuffer>): void;
  /** Ends the connection, also one whose peer is silent. */
  close(): void;
}

/** Where a server is, and how to be let in. */
export interface ServerAddress {
  /** `ws://host:port`, `wss://host:port`, or in Node `unix:/path/of.sock`. */
  readonly url: string;
  /** What a server that was started with a token asks for. */
  readonly token?: string | undefined;
  /** Milliseconds for the connection to be made. */
  readonly connectTimeout: number;
  /** A larger message ends the connection. */
  readonly maxMessageBytes: number;
}

/**
 * Opens a connection.
 *
 * @throws BridgeError saying what to do
 */
export type OpenSocket = (address: ServerAddress, listener: SocketListener) => Promise<BridgeSocket>;
