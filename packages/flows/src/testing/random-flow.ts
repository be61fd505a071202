import { constant, parameterLayout } from '@meow-rl/graph';
import type { Parameters } from '@meow-rl/graph';
import { boundedLogScale, mlp, modules, orthogonal, swish, zeros } from '@meow-rl/nn';
import { randomParameters } from '@meow-rl/nn/testing';

import {
  alternatingMask,
  coupling,
  elementwiseScale,
  energyFlow,
  gaussianPrior,
  shift,
  tanhSquash,
} from '../index.ts';
import type { Bijector, EnergyFlow } from '../index.ts';

const COUPLINGS = 3;

/** A flow as MEow uses it, with random parameters and far from its start: scale, couplings, squash. */
export interface RandomFlow {
  readonly flow: EnergyFlow;
  /** The same flow without the squash. */
  readonly unsquashed: EnergyFlow;
  readonly layers: readonly Bijector[];
  readonly params: Parameters;
}

export function randomFlow(size: number, stateSize: number, seed: number): RandomFlow {
  const networks = modules({
    scale: mlp({
      name: 'scale',
      inputs: [stateSize],
      hidden: [4],
      output: size,
      activation: swish,
      weights: zeros,
    }),
    conditioners: modules(
      Array.from({ length: COUPLINGS }, (_, i) =>
        mlp({
          name: `coupling${i}`,
          inputs: [size, stateSize],
          hidden: [6],
          output: size,
          activation: swish,
          layerNorm: true,
          weights: orthogonal(),
        }),
      ),
    ),
  });
  const { parameters } = networks;
  const params = parameterLayout(parameters).unpack(constant(randomParameters(parameters, seed, 1.6)));
  const { scale, conditioners } = networks.bind(params);
  const layers = [
    elementwiseScale({ size, logScale: (state) => boundedLogScale(scale([state]), -1, 0.2) }),
    ...conditioners.map((network, i) =>
      coupling({
        mask: alternatingMask(size, i),
        conditioner: (masked, state) => network([masked, state]),
        transform: shift,
      }),
    ),
  ];
  const prior = gaussianPrior(size);
  return {
    flow: energyFlow({ prior, layers, squash: tanhSquash(size) }),
    unsquashed: energyFlow({ prior, layers }),
    layers,
    params,
  };
}
