import { add, layerNorm, linear, matmul, ShapeError, split, swish } from '@meow-rl/graph';
import type { Parameters, ParameterSpec, Tensor } from '@meow-rl/graph';
import type { Generator } from '@meow-rl/random';

import { orthogonal, uniformBias, zeros } from './initialize.ts';
import { repeatForRows } from './rows.ts';

export interface MlpOptions {
  /** Prefix of the parameters' names. */
  readonly name: string;
  /** Size of each input part. The parts are joined in this order; the last one may have fewer rows, see `apply`. */
  readonly inputs: readonly number[];
  /** Units of each hidden layer. */
  readonly hidden: readonly number[];
  /** Units of the last, linear layer. */
  readonly output: number;
  /** Layer normalization before each activation; default false. */
  readonly layerNorm?: boolean;
  /** Start of the weights; biases start uniform in ±1/√inputs in both cases. */
  readonly weights: 'orthogonal' | 'zero';
}

/**
 * Drops units of a hidden layer: gives what `activate` makes of the layer, perhaps with factors for its results.
 *
 * @param before the layer before its activation, [rows, units]
 */
export type Dropout = (before: Tensor, activate: (before: Tensor, mask?: Tensor) => Tensor) => Tensor;

/** A multi-layer perceptron: what its parameters are, how they start, and what it computes. */
export interface Mlp {
  readonly parameters: readonly (ParameterSpec & { readonly initial: (random: Generator) => Float32Array })[];
  /**
   * Adds the network to a graph.
   *
   * @param parts [rows, inputs[i]]; the last part may be [states, …] with rows = k · states. Its product with the
   *   first layer is then computed once per state.
   * @param dropout makes each hidden activation, with units dropped; default none are
   * @returns [rows, output]
   * @throws ShapeError if the parts are not those that `inputs` announced
   */
  readonly apply: (params: Parameters, parts: readonly Tensor[], dropout?: Dropout) => Tensor;
}

/**
 * A multi-layer perceptron with Swish of trainable slope:
 *
 *     h ← swish_β(layerNorm(W h + b)),  dropout;  at last  W h + b
 *
 * Parameters of layer k are `<name>.<k>.weight` [outputs, inputs], `.bias`, and in hidden layers `.beta` and with layer
 * normalization `.norm.weight` and `.norm.bias`.
 *
 * Reference: Chao et al., MEow (2024), "Practical implementation" and appendix on the architecture.
 */
export function mlp({
  name,
  inputs,
  hidden,
  output,
  layerNorm: normalized = false,
  weights,
}: MlpOptions): Mlp {
  const sizes = [inputs.reduce((total, size) => total + size, 0), ...hidden, output];
  const layers = sizes.length - 1;
  const parameters = Array.from({ length: layers }, (_, k): Mlp['parameters'] => {
    const [fanIn = 0, fanOut = 0] = [sizes[k], sizes[k + 1]];
    const layer = `${name}.${k}`;
    const ones = (): Float32Array => new Float32Array(fanOut).fill(1);
    const own: Mlp['parameters'] = [
      {
        name: `${layer}.weight`,
        shape: [fanOut, fanIn],
        initial: weights === 'zero' ? zeros(fanOut * fanIn) : orthogonal(fanOut, fanIn),
      },
      { name: `${layer}.bias`, shape: [fanOut], initial: uniformBias(fanOut, fanIn) },
    ];
    if (k === layers - 1) return own;
    const norm: Mlp['parameters'] = [
      { name: `${layer}.norm.weight`, shape: [fanOut], initial: ones },
      { name: `${layer}.norm.bias`, shape: [fanOut], initial: zeros(fanOut) },
    ];
    return [...own, { name: `${layer}.beta`, shape: [fanOut], initial: ones }, ...(normalized ? norm : [])];
  }).flat();

  const firstLayer = (params: Parameters, parts: readonly Tensor[]): Tensor => {
    if (parts.length !== inputs.length)
      throw new ShapeError(`mlp ${name}: expected ${inputs.length} input parts, got ${parts.length}.`);
    const weight = params(`${name}.0.weight`);
    const bias = params(`${name}.0.bias`);
    const [rows] = parts;
    const own = split(weight, inputs, 1);
    // The bias goes with the last part, which is the smaller product where it has fewer rows.
    const terms = parts.map((part, i) => {
      const columns = own[i] ?? weight;
      if (i < parts.length - 1) return matmul(part, columns, { transposeB: true });
      const product = linear(part, columns, bias);
      return rows ? repeatForRows(product, rows) : product;
    });
    return terms.reduce((total, term) => add(total, term));
  };

  return {
    parameters,
    apply: (params, parts, dropout = (before, activate) => activate(before)) => {
      let h = firstLayer(params, parts);
      for (let k = 1; k < layers; k++) {
        const before = `${name}.${k - 1}`;
        if (normalized) h = layerNorm(h, params(`${before}.norm.weight`), params(`${before}.norm.bias`));
        const beta = params(`${before}.beta`);
        h = dropout(h, (x, mask) => swish(x, beta, mask));
        h = linear(h, params(`${name}.${k}.weight`), params(`${name}.${k}.bias`));
      }
      return h;
    },
  };
}
