import type { Generator } from '@meow-rl/random';

/** Start values of a parameter, drawn from a generator. */
export type Initializer = (random: Generator) => Float32Array;

export const zeros =
  (size: number): Initializer =>
  () =>
    new Float32Array(size);

/** Uniform in ±1/√inputs, as torch.nn.Linear starts its biases. */
export const uniformBias =
  (size: number, inputs: number): Initializer =>
  (random) => {
    const values = new Float32Array(size);
    random.fillUniform(values, -1 / Math.sqrt(inputs), 1 / Math.sqrt(inputs));
    return values;
  };

/**
 * A matrix with orthonormal rows, or orthonormal columns where it has more rows than columns: Gram-Schmidt on normal
 * vectors, which is uniform over such matrices.
 *
 * Reference: Saxe et al., Exact solutions to the nonlinear dynamics of learning (2014).
 */
export const orthogonal =
  (rows: number, columns: number): Initializer =>
  (random) => {
    const count = Math.min(rows, columns);
    const length = Math.max(rows, columns);
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
    const at =
      rows <= columns ? (i: number, j: number) => basis[i]?.[j] : (i: number, j: number) => basis[j]?.[i];
    return Float32Array.from({ length: rows * columns }, (_, flat) => {
      const row = Math.floor(flat / columns);
      return at(row, flat - row * columns) ?? 0;
    });
  };

const dot = (a: Float64Array, b: Float64Array): number =>
  a.reduce((total, entry, i) => total + entry * (b[i] ?? 0), 0);
