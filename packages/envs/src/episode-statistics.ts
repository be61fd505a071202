import { requireResult } from './checked-env.ts';
import type { Env } from './env.ts';
import {
  countOf,
  decodeNumbers,
  encodeNumbers,
  envState,
  innerState,
  ownState,
  restoreEnv,
  type ResumableEnv,
} from './env-state.ts';
import { wrappedStep } from './unchecked-step.ts';
import { wrapEnv } from './wrap-env.ts';

/** What {@link episodeStatistics} puts into `info.episode` of an episode's last step. */
export interface EpisodeStatistics {
  /** Sum of the rewards, undiscounted. */
  readonly return: number;
  /** Number of steps. */
  readonly length: number;
}

/**
 * Adds `info.episode`, an {@link EpisodeStatistics}, to the last step of every episode.
 *
 * Wrap it around a time limit, not inside one, or truncated episodes won't be seen.
 *
 * Reference: gymnasium.wrappers.RecordEpisodeStatistics.
 */
export function episodeStatistics(env: Env): ResumableEnv {
  const name = `episodeStatistics(${env.id})`;
  let sum = 0;
  let length = 0;
  return wrapEnv(env, {
    reset(request) {
      const result = env.reset(request);
      [sum, length] = [0, 0];
      return result;
    },
    step: wrappedStep(env, (step) => (action) => {
      const result = step(action);
      requireResult(result, env.id, 'step()');
      sum += result.reward;
      length += 1;
      if (!(result.terminated || result.truncated)) return result;
      const episode: EpisodeStatistics = { return: sum, length };
      return { ...result, info: { ...result.info, episode } };
    }),
    state: () => ({ of: name, own: { return: encodeNumbers([sum]), length }, inner: envState(env) }),
    restore(state) {
      const own = ownState(state, name);
      const [savedSum = Number.NaN] = decodeNumbers(own['return'], `${name}: state.own.return`, 1);
      const savedLength = countOf(own['length'], name, 'own.length');
      restoreEnv(env, innerState(state, name));
      [sum, length] = [savedSum, savedLength];
    },
  });
}
