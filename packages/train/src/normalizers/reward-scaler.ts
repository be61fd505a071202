import { runningMoments } from './running-moments.ts';
import type { MomentsState } from './running-moments.ts';

/** Options of {@link rewardScaler}. */
export interface RewardScalerOptions {
  /** Rows of the vector environment. */
  readonly numEnvs: number;
  /** Discount of the returns whose spread is measured; the agent's. Default: 0.99. */
  readonly gamma?: number;
  /** Largest absolute value that comes out. Default: 10, as in Stable-Baselines3. */
  readonly clip?: number;
  /** Added to the variance. Default: 1e-8. */
  readonly epsilon?: number;
}

/** What a reward scaler is saved as: plain JSON. */
export interface RewardScalerState {
  readonly moments: MomentsState;
  /** [numEnvs], the running discounted returns. */
  readonly returns: readonly number[];
}

/** Divides rewards by the spread of the discounted returns. */
export interface RewardScaler {
  /**
   * Takes the rewards of a step into the statistics.
   *
   * @param rewards [n]
   * @param rows [n], the row of the vector environment that each is of
   * @param done [n], 1 where the episode ended
   * @throws RangeError for a reward that isn't finite, or a row that does not exist
   */
  observe(rewards: ArrayLike<number>, rows: ArrayLike<number>, done: ArrayLike<number>): void;
  /**
   * Scales rewards by the present statistics.
   *
   * @param rewards [n]
   * @param out [n], may be `rewards` itself; default a new array
   */
  scale(rewards: ArrayLike<number>, out?: Float32Array): Float32Array;
  state(): RewardScalerState;
  /** @throws RangeError unless it is a state for as many rows */
  restore(state: RewardScalerState): void;
}

/**
 * Running scaling of rewards, without moving their zero:
 *
 *     R ← γ R + r,   r ↦ clip(r / sqrt(Var(R) + ε), −c, c)
 *
 * R starts anew with each episode. While the returns have not varied rewards are only clipped. With a temperature the
 * scale matters: halving the rewards is doubling α.
 *
 * @throws RangeError for an option out of range
 *
 * Reference: gymnasium.wrappers.NormalizeReward; Engstrom et al., Implementation matters in deep policy gradients (2020).
 */
export function rewardScaler({
  numEnvs,
  gamma = 0.99,
  clip = 10,
  epsilon = 1e-8,
}: RewardScalerOptions): RewardScaler {
  if (!Number.isInteger(numEnvs) || numEnvs < 1) {
    throw new RangeError(`rewardScaler: numEnvs is ${String(numEnvs)}, expected a positive integer.`);
  }
  if (!(gamma >= 0 && gamma <= 1)) {
    throw new RangeError(`rewardScaler: gamma is ${String(gamma)}, expected a number from 0 to 1.`);
  }
  for (const [name, value] of Object.entries({ clip, epsilon })) {
    if (value > 0 && Number.isFinite(value)) continue;
    throw new RangeError(`rewardScaler: ${name} is ${String(value)}, expected a number above 0.`);
  }
  const moments = runningMoments(1);
  const returns = new Float64Array(numEnvs);

  return {
    observe(rewards, rows, done) {
      const seen = Float64Array.from(rewards, (reward, i) => {
        const row = rows[i] ?? -1;
        const before = returns[row];
        if (before === undefined) {
          throw new RangeError(
            `rewardScaler: reward ${i} is of row ${row}, expected one of ${numEnvs} rows. Make it for this environment.`,
          );
        }
        return gamma * before + reward;
      });
      // Before any return is kept: a reward that isn't finite must leave no trace.
      moments.add(seen);
      for (const [i, value] of seen.entries()) returns[rows[i] ?? 0] = done[i] === 1 ? 0 : value;
    },
    scale(rewards, out = new Float32Array(rewards.length)) {
      const [variance = 0] = moments.variance();
      const factor = variance > 0 ? 1 / Math.sqrt(variance + epsilon) : 1;
      for (let i = 0; i < out.length; i += 1) {
        const value = (rewards[i] ?? Number.NaN) * factor;
        if (Number.isNaN(value)) {
          throw new RangeError(`rewardScaler: reward ${i} is ${String(rewards[i])}, expected a number.`);
        }
        out[i] = Math.min(clip, Math.max(-clip, value));
      }
      return out;
    },
    state: () => ({ moments: moments.state(), returns: [...returns] }),
    restore(state) {
      if (state.returns.length !== numEnvs || !state.returns.every(Number.isFinite)) {
        throw new RangeError(
          `rewardScaler: restore got a state of ${state.returns.length} rows, expected finite ones of ${numEnvs}. ` +
            'Give what state() of a scaler for that many rows returned.',
        );
      }
      moments.restore(state.moments);
      returns.set(state.returns);
    },
  };
}
