import type { VectorEnv } from '@meow-rl/envs';
import type { Generator } from '@meow-rl/random';

import { checkFit, spacesOf } from './check-fit.ts';
import { checkVectorReset, checkVectorStep, finiteReward } from './check-vector-results.ts';
import { eventLoopTurn } from './event-loop-turn.ts';
import { refuseEndless } from './refuse-endless.ts';
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
 * Plays the first episode of each row of a vector environment, in as many rounds as give enough. Episode i begins with the seed plus
 * i, whichever row has it.
 *
 * @throws RangeError if actor and environment don't fit, or a reward isn't finite
 */
export async function playTogether(playing: Playing<VectorEnv>): Promise<PlayedEpisodes> {
  const { actor, env, episodes } = playing;
  checkFit('evaluate', actor, spacesOf(env));
  const rounds: PlayedEpisodes[] = [];
  const turn = eventLoopTurn();
  for (let first = 0; first < episodes; first += env.numEnvs)
    rounds.push(await playRound(playing, first, turn));
  return {
    returns: rounds.flatMap(({ returns }) => returns),
    lengths: rounds.flatMap(({ lengths }) => lengths),
    terminated: rounds.flatMap(({ terminated }) => terminated),
  };
}

async function playRound(
  { actor, env, episodes, deterministic, seed, generator, signal }: Playing<VectorEnv>,
  first: number,
  turn: () => Promise<void> | undefined,
): Promise<PlayedEpisodes> {
  const count = Math.min(episodes - first, env.numEnvs);
  let { observations } = checkVectorReset(env, await env.reset({ seed: seed + first }), 'evaluate');
  const returns = Array.from({ length: count }, () => 0);
  const lengths = Array.from({ length: count }, () => 0);
  const terminated = Array.from({ length: count }, () => false);
  const isOver = Array.from({ length: count }, () => false);
  let acting = actingRows(actor, env, Array.from(isOver.keys()));
  for (let running = count, steps = 0; running > 0; steps += 1) {
    await turn();
    signal?.throwIfAborted();
    refuseEndless(env, steps);
    const chosen = await actor.act(acting.observationsOf(observations), { deterministic, generator });
    const result = checkVectorStep(env, await env.step(acting.actionsOf(chosen)), 'evaluate');
    const ended = result.terminated.map((flag, row) => flag | (result.truncated[row] ?? 0));
    for (let row = 0; row < count; row += 1) {
      if (isOver[row]) continue;
      returns[row] = (returns[row] ?? 0) + finiteReward(env, row, result.rewards[row], 'evaluate');
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
    if (2 * running <= acting.rows.length)
      acting = actingRows(
        actor,
        env,
        acting.rows.filter((row) => !isOver[row]),
      );
  }
  return { returns, lengths, terminated };
}

/**
 * The rows that an actor chooses actions for; those of all others are 0. Some of them may be over: engines prepare for each number of
 * rows, so that it is halved rather than counted down.
 */
function actingRows({ observationSize, actionSize }: Actor, { numEnvs }: VectorEnv, rows: readonly number[]) {
  const actions = new Float32Array(numEnvs * actionSize);
  const observations = new Float32Array(rows.length * observationSize);
  return {
    rows,
    /** The array is reused: what is given again costs engines less. */
    observationsOf(all: Float64Array): Float32Array {
      for (const [i, row] of rows.entries())
        for (let j = 0; j < observationSize; j += 1)
          observations[i * observationSize + j] = all[row * observationSize + j] ?? Number.NaN;
      return observations;
    },
    /** Of every row. The array is reused. */
    actionsOf(chosen: Float32Array): Float32Array {
      for (const [i, row] of rows.entries())
        actions.set(chosen.subarray(i * actionSize, (i + 1) * actionSize), row * actionSize);
      return actions;
    },
  };
}
