export { BridgeError, type BridgeProblem } from './bridge-error.ts';
export { bridgeVectorEnv, type BridgeVectorEnv, type BridgeVectorEnvOptions } from './bridge-vector-env.ts';
export { decodeMessage, encodeMessage, isMap, isNdarray, type Message, type Value } from './codec.ts';
export type { Hello } from './hello.ts';
export { copyNumbers, ndarray, numbersOf, type Dtype, type Ndarray } from './ndarray.ts';
export type { PageWebSocket, PageWebSocketClass } from './page-socket.ts';
export { pageVectorEnv, type PageVectorEnvOptions } from './page-vector-env.ts';
export type { BridgeResetResult, BridgeStepResult } from './results.ts';
export {
  MAX_MESSAGE_BYTES,
  type BridgeSocket,
  type OpenSocket,
  type ServerAddress,
  type SocketListener,
} from './socket.ts';
export type { Timeouts } from './timeouts.ts';
