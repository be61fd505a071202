import type { Tensor } from '@meow-rl/graph';

import { activationLayer } from './activation.ts';
import type { Activation } from './activation.ts';
import type { Dropout } from './dropout.ts';
import { uniformFanIn } from './initializers.ts';
import type { Initializer } from './initializers.ts';
import { layerNorm } from './layer-norm.ts';
import { linearLayer } from './linear-layer.ts';
import { modules } from './module.ts';
import type { Module } from './module.ts';

/** Options of {@link hiddenLayers}. */
export interface HiddenLayersOptions {
  /** Prefix of the parameters' names. */
  readonly name: string;
  /** Size of each input part. The parts are joined in this order; some may have fewer rows, see {@link Network}. */
  readonly inputs: readonly number[];
  /** Units of each hidden layer; none: a linear map. */
  readonly hidden: readonly number[];
  /** What comes behind each hidden layer. */
  readonly activation: Activation;
  /** Layer normalization before each activation; default false. */
  readonly layerNorm?: boolean;
  /** Start of the weights; default `uniformFanIn`, as PyTorch. */
  readonly weights?: Initializer;
  /** Start of the biases; default `uniformFanIn`, as PyTorch. */
  readonly biases?: Initializer;
}

/** Options of {@link mlp}. */
export interface MlpOptions extends HiddenLayersOptions {
  /** Units of the last, linear layer. */
  readonly output: number;
  /** Start of the last layer's weights; default as all weights. */
  readonly outputWeights?: Initializer;
  /** Start of the last layer's biases; default as all biases. */
  readonly outputBiases?: Initializer;
}

/**
 * A network inside a graph.
 *
 * @param parts [rows, inputs[i]]; a part may be [states, …] with rows = k · states. Its product with the first layer is then
 *   computed once per state
 * @param dropout makes each hidden activation, with units dropped; default none are
 * @returns [rows, output]
 * @throws ShapeError if the parts are not those that `inputs` announced
 */
export type Network = (parts: readonly Tensor[], dropout?: Dropout) => Tensor;

/** Hidden layers inside a graph, from input parts to the parts that the next layer reads; see {@link Network}. */
export type Features = (parts: readonly Tensor[], dropout?: Dropout) => readonly Tensor[];

/** Sizes of the parts that {@link hiddenLayers} give: the last layer's units, or the inputs where there is none. */
export function featureSizes({
  inputs,
  hidden,
}: Pick<HiddenLayersOptions, 'inputs' | 'hidden'>): readonly number[] {
  const units = hidden.at(-1);
  return units === undefined ? inputs : [units];
}

const activateAll: Dropout = (before, activate) => activate(before);

/**
 * The hidden layers of a network, which heads may share:
 *
 *     h ← activation(layerNorm(W h + b)),  dropout
 *
 * Parameters of layer k are `<name>.<k>.weight` [outputs, inputs], `.bias`, those of the activation (`.beta` of Swish) and
 * with layer normalization `.norm.weight` and `.norm.bias`.
 */
export function hiddenLayers({
  name,
  inputs,
  hidden,
  activation,
  layerNorm: normalized = false,
  weights = uniformFanIn,
  biases = uniformFanIn,
}: HiddenLayersOptions): Module<Features> {
  const layers = hidden.map((units, k) => {
    const layer = `${name}.${k}`;
    const sizes = featureSizes({ inputs, hidden: hidden.slice(0, k) });
    return modules({
      linear: linearLayer({ name: layer, inputs: sizes, output: units, weights, biases }),
      activate: activationLayer(activation, layer, units),
      normalize: normalized ? layerNorm(`${layer}.norm`, units) : identity,
    });
  });
  const all = modules(layers);
  return {
    parameters: all.parameters,
    bind: (params) => {
      const bound = all.bind(params);
      return (parts, dropout = activateAll) =>
        bound.reduce<readonly Tensor[]>(
          (h, { linear, normalize, activate }) => [dropout(normalize(linear(h)), activate)],
          parts,
        );
    },
  };
}

const identity: Module<(x: Tensor) => Tensor> = { parameters: [], bind: () => (x) => x };

/**
 * A multi-layer perceptron: {@link hiddenLayers} and at last `W h + b`, with the parameters `<name>.<k>.weight` and
 * `<name>.<k>.bias` for k the number of hidden layers.
 */
export function mlp(options: MlpOptions): Module<Network> {
  const { name, hidden, output, weights = uniformFanIn, biases = uniformFanIn } = options;
  const { outputWeights = weights, outputBiases = biases } = options;
  const parts = modules({
    features: hiddenLayers(options),
    last: linearLayer({
      name: `${name}.${hidden.length}`,
      inputs: featureSizes(options),
      output,
      weights: outputWeights,
      biases: outputBiases,
    }),
  });
  return {
    parameters: parts.parameters,
    bind: (params) => {
      const { features, last } = parts.bind(params);
      return (inputs, dropout) => last(features(inputs, dropout));
    },
  };
}
