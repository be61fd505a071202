import { checkedReset, checkedStep, type Env, type VectorEnv } from '@meow-rl/envs';
import { stream } from '@meow-rl/random';

import { checkFit } from './check-fit.ts';
import type { Actor } from './contracts/actor.ts';
import { eventLoopTurn } from './event-loop-turn.ts';
import { refuseEndless } from './refuse-endless.ts';
import { playTogether, type PlayedEpisodes, type Playing } from './play-together.ts';

/** Options of {@link evaluate}. */
export interface EvaluateOptions {
  readonly actor: Actor;
  /**
   * Has to end its episodes, so give it a time limit; actions in [-1, 1]. Of several that step together the first episode of each row
   * counts, in rounds until there are enough: counting all that end in a while would favour short ones. Have them rest after that
   * (`restAfterEpisode`), or they go on until the round is over.
   */
  readonly env: Env | VectorEnv;
  /** Number of episodes. Default: 10, as in the paper. */
  readonly episodes?: number;
  /** Whether it takes its most likely action instead of sampling one. Default: true. */
  readonly deterministic?: boolean;
  /**
   * Seeds the first reset, after which later episodes of one environment go on with its generator; of environments that step together
   * episode i begins with the seed plus i. It seeds the noise of sampled actions too. The actor's own generator isn't used.
   */
  readonly seed: number;
  /** Stops the evaluation at the next step; it then rejects with the signal's reason. Default: none. */
  readonly signal?: AbortSignal | undefined;
}

/** What an evaluation found. */
export interface EvaluationResult {
  /** How actions were chosen: the most likely ones, or sampled ones. */
  readonly actions: 'deterministic' | 'sampled';
  /** Undiscounted sums of rewards, one per episode. */
  readonly returns: readonly number[];
  /** Steps, one per episode. */
  readonly lengths: readonly number[];
  /** Whether the task ended each episode; the others were truncated, as by a time limit. */
  readonly terminated: readonly boolean[];
  /** Mean of the returns. */
  readonly mean: number;
  /** Standard deviation of the returns, divided by their number as NumPy does; 0 for one episode. */
  readonly standardDeviation: number;
}

/**
 * Plays whole episodes without learning.
 *
 * @throws RangeError if actor and environment don't fit, or `episodes` isn't a positive integer
 * @throws RangeError or TypeError if the environment breaks its contract, as with an observation that isn't finite
 * @throws Error if an episode has no end in a million steps, as where there is no time limit
 * @throws the reason of `signal`, once that is aborted
 */
export async function evaluate({
  actor,
  env,
  episodes = 10,
  deterministic = true,
  seed,
  signal,
}: EvaluateOptions): Promise<EvaluationResult> {
  if (!Number.isInteger(episodes) || episodes < 1) {
    throw new RangeError(`evaluate: episodes is ${String(episodes)}, expected a positive integer.`);
  }
  const generator = stream(seed, NOISE_STREAM);
  const played = isVector(env)
    ? await playTogether({ actor, env, episodes, deterministic, seed, generator, signal })
    : await playOneByOne({ actor, env, episodes, deterministic, seed, generator, signal });
  const { returns } = played;
  const mean = meanOf(returns);
  const standardDeviation = Math.sqrt(meanOf(returns.map((value) => (value - mean) ** 2)));
  const actions = deterministic ? 'deterministic' : 'sampled';
  return { actions, ...played, mean, standardDeviation };
}

const isVector = (env: Env | VectorEnv): env is VectorEnv => 'numEnvs' in env;

async function playOneByOne({
  actor,
  env,
  episodes,
  deterministic,
  seed,
  generator,
  signal,
}: Playing<Env>): Promise<PlayedEpisodes> {
  checkFit('evaluate', actor, env);
  const returns: number[] = [];
  const lengths: number[] = [];
  const terminated: boolean[] = [];
  const turn = eventLoopTurn();
  for (let episode = 0; episode < episodes; episode += 1) {
    let { observation } = checkedReset(env, episode === 0 ? { seed } : {});
    let sum = 0;
    let length = 0;
    let ended = false;
    for (let done = false; !done; length += 1) {
      await turn();
      signal?.throwIfAborted();
      refuseEndless(env, length);
      const action = await actor.act(Float32Array.from(observation), { deterministic, generator });
      const result = checkedStep(env, action);
      ({ observation } = result);
      sum += result.reward;
      ended = result.terminated;
      done = ended || result.truncated;
    }
    returns.push(sum);
    lengths.push(length);
    terminated.push(ended);
  }
  return { returns, lengths, terminated };
}

// Stream 0 of the seed is the environment's.
const NOISE_STREAM = 1;

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
