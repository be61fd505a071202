import { add, constant, expandAs, neg, parameterLayout, referenceRuntime, sum } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { testedTfjsRuntimes } from '@meow-rl/graph/testing';
import { mapModule, mlp, swish } from '@meow-rl/nn';
import type { Module } from '@meow-rl/nn';
import { compute, expectClose, matrix } from '@meow-rl/nn/testing';
import { describe, test } from 'vitest';

import { affine, coupling, luLinear, rationalQuadraticSpline } from './index.ts';
import type { Bijector } from './index.ts';
import { readLayers } from './testing/golden.ts';
import type { LayerConfig } from './testing/golden.ts';

const runtimes = [
  { runtime: referenceRuntime, tolerance: 1e-8 },
  { runtime: onnxRuntimeNode(), tolerance: 1e-4 },
  ...testedTfjsRuntimes.map((runtime) => ({ runtime, tolerance: 1e-4 })),
];

function layerOf(config: LayerConfig): Module<Bijector> {
  const { obsDim, actDim } = config;
  if (config.layer === 'luLinear') return luLinear({ name: 'lu', size: actDim, ...config });
  const { mask, hidden } = config;
  const transform = config.layer === 'affineCoupling' ? affine(config) : rationalQuadraticSpline(config);
  const network = mlp({
    name: 'conditioner',
    inputs: [actDim, obsDim],
    hidden,
    output: transform.outputs(actDim),
    activation: swish,
    layerNorm: true,
  });
  return mapModule(network, (bound) =>
    coupling({ mask, transform, conditioner: (masked, state) => bound([masked, state]) }),
  );
}

/** Both parts of a log-determinant together. */
const total = (logDet: Tensor | undefined, ofState: Tensor | undefined, point: Tensor): Tensor =>
  add(logDet ?? noneOf(point), ofState ?? noneOf(point));
const noneOf = (point: Tensor): Tensor => sum(expandAs(constant(0), point), { axes: [1] });

describe.each(runtimes)('layers on $runtime.name', ({ runtime, tolerance }) => {
  test.each(readLayers())('$name', async ({ config, params, ...golden }) => {
    const { parameters, bind } = layerOf(config);
    const layout = parameterLayout(parameters);
    const prefix = config.layer === 'luLinear' ? 'lu.' : '';
    const named = Object.fromEntries(Object.entries(params).map(([name, value]) => [prefix + name, value]));
    const layer = bind(layout.unpack(constant(layout.flatten(named))));
    const results = await compute(
      { state: matrix(golden.obs), z: matrix(golden.z), a: matrix(golden.a) },
      ({ state, z, a }) => {
        const [forward, inverse] = [layer.forward(z, state), layer.inverse(a, state)];
        const ofState = layer.stateLogDet?.(state);
        return {
          forward: forward.out,
          forwardLogDet: total(forward.logDet, ofState, z),
          inverse: inverse.out,
          inverseLogDet: total(inverse.logDet, ofState && neg(ofState), a),
        };
      },
      runtime,
    );
    expectClose(results.forward, golden.forward.flat(), tolerance, 'forward');
    expectClose(results.forwardLogDet, golden.forwardLogDet, tolerance, 'forwardLogDet');
    expectClose(results.inverse, golden.inverse.flat(), tolerance, 'inverse');
    expectClose(results.inverseLogDet, golden.inverseLogDet, tolerance, 'inverseLogDet');
  });
});
