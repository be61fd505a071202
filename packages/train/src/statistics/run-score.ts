import { mean } from './moments.ts';

/** What a run achieved, by its last evaluations. */
export interface RunScore {
  /** Environment step of the last evaluation. */
  readonly step: number;
  /** Mean return of the last evaluation. */
  readonly final: number;
  /** Mean of the last evaluations' mean returns: less swayed by when training happened to stop. */
  readonly lastAverage: number;
  /** Evaluations behind `lastAverage`. */
  readonly averaged: number;
}

/**
 * The score of a run, never of its best evaluation: picking the best of many noisy ones rewards noise.
 *
 * @param evaluations of one run, in order of training
 * @param last evaluations to average; default 10
 * @throws RangeError without evaluations, or for one that isn't finite
 */
export function runScore(
  evaluations: readonly { readonly step: number; readonly mean: number }[],
  last = 10,
): RunScore {
  if (!Number.isInteger(last) || last < 1) {
    throw new RangeError(`runScore: last is ${String(last)}, expected a positive integer.`);
  }
  const newest = evaluations.at(-1);
  if (!newest) throw new RangeError('runScore: got no evaluations, expected at least 1.');
  const averaged = evaluations.slice(-last).map((evaluation) => evaluation.mean);
  return { step: newest.step, final: newest.mean, lastAverage: mean(averaged), averaged: averaged.length };
}
