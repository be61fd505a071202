/** All that there are, see {@link AutoresetMode}. */
export const AUTORESET_MODES = ['next-step', 'same-step', 'disabled', 'reset-then-step'] as const;

/**
 * Who begins the next episode of a sub-environment that is done, and when.
 *
 * - `next-step`: the following `step` does, ignoring that row's action; it gives the reset observation, reward 0 and
 *   no flags. That row of that step is no transition.
 * - `same-step`: the very step that ended the episode does; `observations` already hold the new episode's start.
 * - `disabled`: the caller does, with `reset({ mask })`; stepping a finished one throws.
 * - `reset-then-step`: the following `step` does, and then takes that row's action in the new episode: the row's result is the
 *   second observation of the episode, whose first one is never seen. That row of that step is no transition. Isaac Gym's
 *   environments do so.
 */
export type AutoresetMode = (typeof AUTORESET_MODES)[number];

/**
 * Refuses a mode that there isn't, which untyped code may ask for: it would be none of them in part.
 *
 * @throws RangeError
 */
export function checkAutoresetMode(where: string, mode: AutoresetMode): void {
  if (AUTORESET_MODES.includes(mode)) return;
  throw new RangeError(
    `${where}: autoresetMode is ${JSON.stringify(mode)}, expected one of ${AUTORESET_MODES.join(', ')}.`,
  );
}
