import type { VectorEnv } from '@meow-rl/envs';
import type { Generator } from '@meow-rl/random';

import { checkFit, spacesOf } from './check-fit.ts';
import { checkVectorReset, checkVectorStep } from './check-vector-results.ts';
import { eventLoopTurn } from './event-loop-turn.ts';
import type { Actor } from './contracts/actor.ts';

/** How episodes are to be played. */
export interface Playing<E> {
  readonly actor: Actor;
  readonly env: E;
  readonly episodes: number;
  readonly deterministic: boolean;
  readonly seed: number;
  /** Draws the noise of sampled actions. */
  readonly generator: Generator;
  readonly signal: AbortSignal | undefined;
}

/** Episodes, one entry each. */
export interface PlayedEpisodes {
  /** Undiscounted sums of rewards. */
  readonly returns: readonly number[];
  readonly lengths: readonly number[];
  /** Whether the task ended it. */
  readonly terminated: readonly boolean[];
}

/**
 * Plays the first episode of each row of a vector environment, in as many rounds as give enough.
 *
 * @throws RangeError if actor and environment don't fit, or a reward isn't finite
 */
export async function playTogether(playing: Playing<VectorEnv>): Promise<PlayedEpisodes> {
  const { actor, env, episodes, seed } = playing;
  checkFit('evaluate', actor, spacesOf(env));
  const rounds: PlayedEpisodes[] = [];
  const turn = eventLoopTurn();
  for (let left = episodes; left > 0; left -= env.numEnvs)
    rounds.push(
      await playRound(playing, Math.min(left, env.numEnvs), left === episodes ? { seed } : {}, turn),
    );
  return {
    returns: rounds.flatMap(({ returns }) => returns),
    lengths: rounds.flatMap(({ lengths }) => lengths),
    terminated: rounds.flatMap(({ terminated }) => terminated),
  };
}

async function playRound(
  { actor, env, deterministic, generator, signal }: Playing<VectorEnv>,
  count: number,
  request: { readonly seed?: number },
  turn: () => Promise<void> | undefined,
): Promise<PlayedEpisodes> {
  let { observations } = checkVectorReset(env, await env.reset(request), 'evaluate');
  const returns = Array.from({ length: count }, () => 0);
  const lengths = Array.from({ length: count }, () => 0);
  const terminated = Array.from({ length: count }, () => false);
  const isOver = Array.from({ length: count }, () => false);
  for (let running = count; running > 0;) {
    await turn();
    signal?.throwIfAborted();
    const actions = await actor.act(Float32Array.from(observations), { deterministic, generator });
    const result = checkVectorStep(env, await env.step(actions), 'evaluate');
    const ended = result.terminated.map((flag, row) => flag | (result.truncated[row] ?? 0));
    for (let row = 0; row < count; row += 1) {
      if (isOver[row]) continue;
      returns[row] = (returns[row] ?? 0) + finite(env, row, result.rewards[row]);
      lengths[row] = (lengths[row] ?? 0) + 1;
      if (ended[row] === 0) continue;
      isOver[row] = true;
      terminated[row] = result.terminated[row] === 1;
      running -= 1;
    }
    const mustReset = env.autoresetMode === 'disabled' && ended.includes(1) && running > 0;
    ({ observations } = mustReset
      ? checkVectorReset(env, await env.reset({ mask: ended }), 'evaluate')
      : result);
  }
  return { returns, lengths, terminated };
}

function finite({ id }: VectorEnv, row: number, reward = Number.NaN): number {
  if (Number.isFinite(reward)) return reward;
  throw new RangeError(
    `evaluate: step() of ${id} gave ${reward} as reward of environment ${row}, expected a finite number. Look for its cause in the environment.`,
  );
}
