/** Gymnasium's version of a task. v4 pays the healthy reward on the step that terminates too, and reports fewer terms. */
export type TaskVersion = 'v4' | 'v5';

/** Names of terms in `info`: v5's, or what v4 calls them. */
export const termNames = (version: TaskVersion, { forward }: { readonly forward: string }) => ({
  forward: version === 'v5' ? 'reward_forward' : forward,
});
