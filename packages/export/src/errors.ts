/** A policy file cannot be read, is of another kind, or does not agree with its agent. */
export class PolicyFileError extends Error {
  override readonly name = 'PolicyFileError';
}

/** There is no engine to run a policy on. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
}
