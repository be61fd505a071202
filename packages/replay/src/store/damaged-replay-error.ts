/** A file of a saved replay buffer is missing or isn't what was saved. */
export class DamagedReplayError extends Error {
  override readonly name = 'DamagedReplayError';
}
