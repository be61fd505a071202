/** The server can't be started. */
export class ServeError extends Error {
  override readonly name = 'ServeError';
}

/** A request that has no answer: what was expected and what came. The server and the connection go on. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
}
