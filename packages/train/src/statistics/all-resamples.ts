/** Scores drawn from each stratum, and the probability that they are drawn, in whatever order. */
export interface Resample {
  readonly scores: readonly (readonly number[])[];
  readonly probability: number;
}

/** In how many ways scores are drawn with replacement from each stratum, as many as it has, order aside: `Π C(2n − 1, n)`. */
export const countResamples = (strata: readonly (readonly number[])[]): number =>
  strata.reduce((product, { length }) => product * multisets(length), 1);

/** C(2n − 1, n) */
function multisets(n: number): number {
  let count = 1;
  for (let k = 1; k < n; k += 1) count = (count * (n + k)) / k;
  return count;
}

/** Every resample of the strata, order aside. Their probabilities add up to 1. */
export function allResamples(strata: readonly (readonly number[])[]): Resample[] {
  let resamples: Resample[] = [{ scores: [], probability: 1 }];
  for (const stratum of strata) {
    const n = stratum.length;
    // Multinomial: n! / Π kᵢ! / nⁿ
    const draws = drawsOf(stratum, n).map(({ drawn, weight }) => ({
      drawn,
      probability: (weight * factorial(n)) / n ** n,
    }));
    resamples = resamples.flatMap(({ scores, probability }) =>
      draws.map((draw) => ({
        scores: [...scores, draw.drawn],
        probability: probability * draw.probability,
      })),
    );
  }
  return resamples;
}

interface Draw {
  readonly drawn: readonly number[];
  /** `1 / Π kᵢ!` of how often each score is drawn. */
  readonly weight: number;
}

/** All that `left` draws from scores may give. */
function drawsOf(scores: readonly number[], left: number): Draw[] {
  const [score = Number.NaN, ...others] = scores;
  if (others.length === 0) return [{ drawn: repeated(score, left), weight: 1 / factorial(left) }];
  return Array.from({ length: left + 1 }, (_, times) =>
    drawsOf(others, left - times).map(({ drawn, weight }) => ({
      drawn: [...repeated(score, times), ...drawn],
      weight: weight / factorial(times),
    })),
  ).flat();
}

const repeated = (score: number, times: number): number[] => Array.from({ length: times }, () => score);

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
