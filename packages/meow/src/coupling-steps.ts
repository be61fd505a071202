import {
  affine,
  alternatingMask,
  boundedShift,
  coupling,
  luLinear,
  namedBijector,
  rationalQuadraticSpline,
  shift,
} from '@meow-rl/flows';
import type { Bijector, CouplingTransform } from '@meow-rl/flows';
import type { Sizes } from '@meow-rl/learner';
import { mapModule, mlp, modules, orthogonal, swish } from '@meow-rl/nn';
import type { Dropout, Module } from '@meow-rl/nn';

import type { MeowConfig } from './settings.ts';

/** The layers of a flow between scale and squash, from latent to action; dropout is that of the conditioners. */
export type CouplingSteps = (dropout?: Dropout) => readonly Bijector[];

/** What the entries that a coupling moves go through. */
function transformOf({
  layers,
  couplingBound,
}: Pick<MeowConfig, 'layers' | 'couplingBound'>): CouplingTransform {
  if (layers === 'affine') return affine();
  if (layers === 'spline') return rationalQuadraticSpline();
  return couplingBound > 0 ? boundedShift(couplingBound) : shift;
}

/**
 * Couplings with alternating masks, each behind a linear layer of its own where `linear` is `lu`.
 *
 * Reference: Chao et al., MEow (2024), "Practical implementation"; of couplings behind linear layers, Durkan et al., Neural
 * Spline Flows (2019), section 3.3.
 */
export function couplingSteps(
  { observationSize, actionSize }: Sizes,
  config: Pick<MeowConfig, 'couplings' | 'hidden' | 'layers' | 'linear' | 'couplingBound'>,
): Module<CouplingSteps> {
  const { couplings, hidden, linear } = config;
  const transform = transformOf(config);
  const couplingModule = (i: number) =>
    mapModule(
      mlp({
        name: `coupling${i}`,
        inputs: [actionSize, observationSize],
        hidden,
        output: transform.outputs(actionSize),
        activation: swish,
        layerNorm: true,
        weights: orthogonal(),
      }),
      (network) => (dropout?: Dropout) =>
        namedBijector(
          `coupling${i}`,
          coupling({
            mask: alternatingMask(actionSize, i),
            conditioner: (masked, state) => network([masked, state], dropout),
            transform,
          }),
        ),
    );
  const step = (i: number): Module<CouplingSteps> =>
    linear === 'none'
      ? mapModule(couplingModule(i), (coupled) => (dropout) => [coupled(dropout)])
      : mapModule(
          modules([luLinear({ name: `linear${i}`, size: actionSize }), couplingModule(i)]),
          ([mixing, coupled]) =>
            (dropout) => [mixing, coupled(dropout)],
        );
  return mapModule(
    modules(Array.from({ length: couplings }, (_, i) => step(i))),
    (steps) => (dropout) => steps.flatMap((layersOf) => layersOf(dropout)),
  );
}
