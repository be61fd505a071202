export { messageOf, portableError, sendPlain } from './plain-data.ts';
export type { Loss, Protocol } from './protocol.ts';
export { serve, type Service, type ThreadContext } from './serve.ts';
export { siblingModule } from './sibling-module.ts';
export { startThreads } from './start-threads.ts';
export type { Threads, ThreadsOptions } from './threads.ts';
