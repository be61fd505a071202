/** What advantages are estimated from, see `Rollout` of `@meow-rl/replay`; numbers of any width. */
export interface ValuedSteps {
  readonly steps: number;
  readonly numEnvs: number;
  readonly rewards: ArrayLike<number>;
  readonly values: ArrayLike<number>;
  readonly nextValues: ArrayLike<number>;
  readonly terminated: ArrayLike<number>;
  readonly done: ArrayLike<number>;
}

/** Estimates of a rollout, [T, N] each. */
export interface Advantages {
  readonly advantages: Float64Array;
  /** Of the returns: what values are to be. */
  readonly returns: Float64Array;
}

/**
 * Generalized advantage estimation:
 *
 *     δₜ = rₜ + γ (1 − terminatedₜ) V(s′ₜ) − V(sₜ)
 *     Aₜ = δₜ + γ λ (1 − doneₜ) Aₜ₊₁,   A_T = 0,   Rₜ = Aₜ + V(sₜ)
 *
 * s′ₜ is the last observation of an episode that was truncated: its value is what follows there, though no advantage of the
 * next episode does.
 *
 * Reference: Schulman et al., High-Dimensional Continuous Control Using Generalized Advantage Estimation (2016), equation 16.
 */
export function generalizedAdvantages(
  { steps, numEnvs, rewards, values, nextValues, terminated, done }: ValuedSteps,
  { gamma, lambda }: { readonly gamma: number; readonly lambda: number },
): Advantages {
  const advantages = new Float64Array(steps * numEnvs);
  const returns = new Float64Array(steps * numEnvs);
  for (let i = steps * numEnvs - 1; i >= 0; i -= 1) {
    const value = values[i] ?? Number.NaN;
    const follows = terminated[i] ? 0 : gamma * (nextValues[i] ?? Number.NaN);
    const after = done[i] ? 0 : (advantages[i + numEnvs] ?? 0);
    const advantage = (rewards[i] ?? Number.NaN) + follows - value + gamma * lambda * after;
    advantages[i] = advantage;
    returns[i] = advantage + value;
  }
  return { advantages, returns };
}

/**
 * How much of the returns' variance the values had foreseen: `1 − Var(R − V) / Var(R)`; undefined where returns don't vary.
 */
export function explainedVariance(returns: ArrayLike<number>, values: ArrayLike<number>): number | undefined {
  const total = variance(Array.from(returns));
  const missed = variance(Array.from(returns, (r, i) => r - (values[i] ?? Number.NaN)));
  return total > 0 ? 1 - missed / total : undefined;
}

function variance(values: readonly number[]): number {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
}
