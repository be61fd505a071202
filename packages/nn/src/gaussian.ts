import { add, exp, mul, neg, square, sub, sum } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';

import { checkWidth, repeatForRows } from './rows.ts';

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** Sum over the entries of an action. */
export const sumOverEntries = (x: Tensor): Tensor => sum(x, { axes: [1] });

/** A normal distribution with independent entries for each state. */
export interface Gaussian {
  /** [states, size] */
  readonly mean: Tensor;
  /** log σ, [states, size], or [size] if it is the same for all states. */
  readonly logStd: Tensor;
}

/** log σ for rows: one that is the same for all states is broadcast. */
const spreadFor = (rows: Tensor, logStd: Tensor): Tensor =>
  logStd.shape.length === 1 ? logStd : repeatForRows(logStd, rows);

/**
 * Samples `u = μ + σ ε` with the log-density `log p(u) = Σ −½ ε² − log σ − ½ log 2π`.
 *
 * @param noise ε, standard normal [rows, size], one row per state or k blocks of them
 * @returns u [rows, size], and each entry's part of log p(u), [rows, size]
 * @throws ShapeError if the noise has another width or other rows
 */
export function sampleGaussian(
  { mean, logStd }: Gaussian,
  noise: Tensor,
): { readonly sample: Tensor; readonly logDensities: Tensor } {
  checkWidth('noise', noise, Number(mean.shape[1]));
  const logStdOfRows = spreadFor(noise, logStd);
  return {
    sample: add(repeatForRows(mean, noise), mul(exp(logStdOfRows), noise)),
    logDensities: sub(sub(mul(-0.5, square(noise)), logStdOfRows), HALF_LOG_TWO_PI),
  };
}

/**
 * Each entry's part of the log-density of given samples, [rows, size]: `−½ ((u − μ) / σ)² − log σ − ½ log 2π`.
 *
 * @param samples u [rows, size], one row per state or k blocks of them
 * @throws ShapeError if the samples have another width or other rows
 */
export function gaussianLogDensities({ mean, logStd }: Gaussian, samples: Tensor): Tensor {
  checkWidth('samples', samples, Number(mean.shape[1]));
  const logStdOfRows = spreadFor(samples, logStd);
  const noise = mul(sub(samples, repeatForRows(mean, samples)), exp(neg(logStdOfRows)));
  return sub(sub(mul(-0.5, square(noise)), logStdOfRows), HALF_LOG_TWO_PI);
}

/** Entropy of a distribution with log σ [size], a scalar: `Σ log σ + ½ log 2πe`. */
export const gaussianEntropy = (logStd: Tensor): Tensor => sum(add(logStd, HALF_LOG_TWO_PI + 0.5));
