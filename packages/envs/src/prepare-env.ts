import { closeAll } from './close-all.ts';
import type { Env } from './env.ts';
import type { ResumableEnv } from './env-state.ts';
import { rescaleAction } from './rescale-action.ts';
import { restAfterEpisode } from './rest-after-episode.ts';
import { timeLimit } from './time-limit.ts';
import { wrapEnv } from './wrap-env.ts';

/** Options of {@link prepareEnv}. */
export interface PrepareEnvOptions {
  /** Steps after which an episode is truncated, `Infinity` for never. */
  readonly maxSteps: number;
  /** Whether actions are given in [-1, 1] and mapped to the environment's bounds, as agents do. Default: false. */
  readonly rescaleActions?: boolean;
  /**
   * Whether an environment rests when its episode is over, until it is reset with a seed, see `restAfterEpisode`. Default: false.
   */
  readonly restsAfterEpisode?: boolean;
}

/**
 * Puts around an environment what all get, however they were made: a time limit, and actions in [-1, 1] and rest if asked for.
 *
 * @throws RangeError for what {@link timeLimit} and {@link rescaleAction} refuse; the environment is closed then
 */
export function prepareEnv(
  env: Env,
  { maxSteps, rescaleActions = false, restsAfterEpisode = false }: PrepareEnvOptions,
): ResumableEnv {
  try {
    const limited = maxSteps === Number.POSITIVE_INFINITY ? wrapEnv(env, {}) : timeLimit(env, maxSteps);
    const acting = rescaleActions ? rescaleAction(limited) : limited;
    return restsAfterEpisode ? restAfterEpisode(acting) : acting;
  } catch (error) {
    // Nobody else holds it. Why it failed says more than what closing may throw on top.
    closeAll([env]);
    throw error;
  }
}
