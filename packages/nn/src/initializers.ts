import type { Generator } from '@meow-rl/random';

/**
 * How a parameter starts.
 *
 * @param shape the parameter's shape, [outputs, inputs] for weights
 * @param fanIn inputs of each unit of its layer
 * @returns draws the values, row-major, from a generator
 */
export type Initializer = (shape: readonly number[], fanIn: number) => (random: Generator) => Float32Array;

const sizeOf = (shape: readonly number[]): number => shape.reduce((total, length) => total * length, 1);

/** All the same number. */
export const filledWith =
  (value: number): Initializer =>
  (shape) =>
  () =>
    new Float32Array(sizeOf(shape)).fill(value);

/** All 0. */
export const zeros: Initializer = filledWith(0);
/** All 1. */
export const ones: Initializer = filledWith(1);

/** Uniform in ±1/√fanIn, as torch.nn.Linear starts its weights and its biases. */
export const uniformFanIn: Initializer = (shape, fanIn) => (random) => {
  const values = new Float32Array(sizeOf(shape));
  random.fillUniform(values, -1 / Math.sqrt(fanIn), 1 / Math.sqrt(fanIn));
  return values;
};

/** Normal with mean 0 and the given standard deviation. */
export const normal =
  (deviation: number): Initializer =>
  (shape) =>
  (random) =>
    Float32Array.from({ length: sizeOf(shape) }, () => deviation * random.normal());

/**
 * `gain` times a matrix with orthonormal rows, or orthonormal columns where it has more rows than columns: Gram-Schmidt on
 * normal vectors, which is uniform over such matrices.
 *
 * @param gain default 1
 *
 * Reference: Saxe et al., Exact solutions to the nonlinear dynamics of learning (2014).
 */
export const orthogonal =
  (gain = 1): Initializer =>
  ([rows = 1, columns = 1]) =>
  (random) => {
    const basis = orthonormal(Math.min(rows, columns), Math.max(rows, columns), random);
    const at =
      rows <= columns ? (i: number, j: number) => basis[i]?.[j] : (i: number, j: number) => basis[j]?.[i];
    return Float32Array.from({ length: rows * columns }, (_, flat) => {
      const row = Math.floor(flat / columns);
      return gain * (at(row, flat - row * columns) ?? 0);
    });
  };

/** `count` orthonormal vectors. */
function orthonormal(count: number, length: number, random: Generator): Float64Array[] {
  const basis: Float64Array[] = [];
  while (basis.length < count) {
    const vector = new Float64Array(length);
    random.fillNormal(vector);
    // Twice is enough to be orthogonal to the last bits (Kahan and Parlett).
    for (let pass = 0; pass < 2; pass++)
      for (const other of basis) {
        const overlap = dot(vector, other);
        other.forEach((entry, i) => (vector[i] = (vector[i] ?? 0) - overlap * entry));
      }
    const norm = Math.sqrt(dot(vector, vector));
    basis.push(vector.map((entry) => entry / norm));
  }
  return basis;
}

const dot = (a: Float64Array, b: Float64Array): number =>
  a.reduce((total, entry, i) => total + entry * (b[i] ?? 0), 0);
