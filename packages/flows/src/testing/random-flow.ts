import { constant, parameterLayout } from '@meow-rl/graph';
import type { Parameters } from '@meow-rl/graph';

import {
  additiveCoupling,
  alternatingMask,
  boundedLogScale,
  elementwiseScale,
  energyFlow,
  gaussianPrior,
  mlp,
  tanhSquash,
} from '../index.ts';
import type { Bijector, EnergyFlow } from '../index.ts';
import { randomParameters } from './random-values.ts';

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
  const scale = mlp({ name: 'scale', inputs: [stateSize], hidden: [4], output: size, weights: 'zero' });
  const conditioners = Array.from({ length: COUPLINGS }, (_, i) =>
    mlp({
      name: `coupling${i}`,
      inputs: [size, stateSize],
      hidden: [6],
      output: size,
      layerNorm: true,
      weights: 'orthogonal',
    }),
  );
  const specs = [scale, ...conditioners].flatMap(({ parameters }) => parameters);
  const params = parameterLayout(specs).unpack(constant(randomParameters(specs, seed, 1.6)));
  const layers = [
    elementwiseScale({ size, logScale: (state) => boundedLogScale(scale.apply(params, [state]), -1, 0.2) }),
    ...conditioners.map((network, i) =>
      additiveCoupling({
        mask: alternatingMask(size, i),
        conditioner: (masked, state) => network.apply(params, [masked, state]),
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
