/** A policy file cannot be read, is of another kind, or does not agree with its agent. */
export class PolicyFileError extends Error {
  override readonly name = 'PolicyFileError';
}

/** There is no engine to run a policy on, or it fails. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
}

/** What an error says, with its cause, as part of a sentence: without a full stop. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const reason = error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
  return reason.replace(/[.\s]+$/, '');
}
