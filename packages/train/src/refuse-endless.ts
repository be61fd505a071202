/** More steps than an episode of any task has. */
const LONGEST_EPISODE = 1_000_000;

/**
 * Ends an evaluation whose episode doesn't end.
 *
 * @throws Error
 */
export function refuseEndless({ id }: { readonly id: string }, length: number): void {
  if (length < LONGEST_EPISODE) return;
  throw new Error(
    `evaluate: an episode of ${id} has not ended in ${LONGEST_EPISODE} steps. Give its environments a time limit, as timeLimit(env, 1000).`,
  );
}
