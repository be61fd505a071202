import { runningMoments } from './running-moments.ts';
import type { MomentsState } from './running-moments.ts';

/** Standardization as fixed numbers, for an exported policy: `clip((x − mean) · scale, ±clip)`. */
export interface ObservationScaling {
  /** [obs] */
  readonly mean: Float32Array;
  /** [obs], 1 / standard deviation. */
  readonly scale: Float32Array;
  readonly clip: number;
}

/** Options of {@link observationNormalizer}. */
export interface ObservationNormalizerOptions {
  /** Entries of an observation. */
  readonly size: number;
  /** Largest absolute value that comes out. Default: 10, as in Gymnasium and Stable-Baselines3. */
  readonly clip?: number;
  /** Added to the variance. Default: 1e-8, as there. */
  readonly epsilon?: number;
}

/** Standardizes observations by the mean and variance of those seen so far. */
export interface ObservationNormalizer {
  readonly size: number;
  /** Observations seen. */
  readonly count: number;
  /**
   * Takes observations into the statistics.
   *
   * @param observations [n, obs]
   * @throws RangeError if they are no whole rows or not finite; nothing is then taken
   */
  observe(observations: ArrayLike<number>): void;
  /**
   * Standardizes observations by the present statistics.
   *
   * @param observations [n, obs]
   * @param out [n, obs], may be `observations` itself; default a new array
   * @throws RangeError if they are no whole rows, or one isn't a number
   */
  normalize(observations: ArrayLike<number>, out?: Float32Array): Float32Array;
  /** The present statistics, copied. */
  scaling(): ObservationScaling;
  /** For checkpoints; JSON. */
  state(): MomentsState;
  /** @throws RangeError unless it is a state of this size */
  restore(state: MomentsState): void;
}

/**
 * Running standardization of observations, entry by entry:
 *
 *     clip((x − mean) / sqrt(variance + ε), −c, c)
 *
 * Before the first observation it changes nothing but clips. An entry that has never varied is only centred: dividing
 * by √ε would turn its first small change into a jump of thousands. Mean and scale are applied as the float32 numbers
 * that an exported policy gets, so that both see the same.
 *
 * Keep raw observations in the replay buffer and normalize what is sampled: stored normalized ones would be of many
 * different statistics.
 *
 * @throws RangeError for an option out of range
 *
 * Reference: gymnasium.wrappers.NormalizeObservation; Stable-Baselines3, VecNormalize.
 */
export function observationNormalizer({
  size,
  clip = 10,
  epsilon = 1e-8,
}: ObservationNormalizerOptions): ObservationNormalizer {
  for (const [name, value] of Object.entries({ clip, epsilon })) {
    if (value > 0 && Number.isFinite(value)) continue;
    throw new RangeError(`observationNormalizer: ${name} is ${String(value)}, expected a number above 0.`);
  }
  const moments = runningMoments(size);
  let current: ObservationScaling | undefined;
  const scaling = (): ObservationScaling => {
    current ??= {
      mean: Float32Array.from(moments.mean()),
      scale: Float32Array.from(moments.variance(), (variance) =>
        variance > 0 ? 1 / Math.sqrt(variance + epsilon) : 1,
      ),
      clip,
    };
    return current;
  };

  return {
    size,
    get count() {
      return moments.count;
    },
    observe(observations) {
      moments.add(observations);
      current = undefined;
    },
    normalize(observations, out = new Float32Array(observations.length)) {
      if (observations.length % size !== 0 || out.length !== observations.length) {
        throw new RangeError(
          `observationNormalizer: normalize got ${observations.length} entries and room for ${out.length}, expected ` +
            `as much of both, a multiple of ${size}.`,
        );
      }
      const { mean, scale } = scaling();
      // Two loops: a remainder for each number nearly doubles the time.
      for (let row = 0; row < out.length; row += size) {
        for (let i = 0; i < size; i += 1) {
          const x = observations[row + i] ?? Number.NaN;
          const value = (x - (mean[i] ?? 0)) * (scale[i] ?? 1);
          // Written so that NaN, which fails every comparison, gets to the end.
          if (value <= clip && value >= -clip) out[row + i] = value;
          else if (value > clip) out[row + i] = clip;
          else if (value < -clip) out[row + i] = -clip;
          else throw notANumber(x, i, row / size);
        }
      }
      return out;
    },
    scaling() {
      const { mean, scale } = scaling();
      return { mean: mean.slice(), scale: scale.slice(), clip };
    },
    state: () => moments.state(),
    restore(state) {
      moments.restore(state);
      current = undefined;
    },
  };
}

const notANumber = (x: number, entry: number, row: number) =>
  new RangeError(
    `observationNormalizer: entry ${entry} of observation ${row} is ${x}, expected a number. ` +
      'Find out which environment gave it.',
  );
