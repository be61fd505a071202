import { slice } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { boundedLogScale, mapModule, mlp, modules, orthogonal, swish, zeros } from '@meow-rl/nn';
import type { Module } from '@meow-rl/nn';
import { compute, expectClose, matrix } from '@meow-rl/nn/testing';
import { describe, expect, it } from 'vitest';

import {
  affine,
  chain,
  coupling,
  elementwiseScale,
  luLinear,
  permutation,
  rationalQuadraticSpline,
  boundedShift,
  shift,
  clippedTanhSquash,
  tanhSquash,
} from './index.ts';
import type { Bijector, CouplingTransform } from './index.ts';
import { describeBijector } from './testing/describe-bijector.ts';
import { sinhWarp } from './testing/sinh-warp.ts';

const STATE = 3;

const couplingOf = (
  mask: readonly number[],
  transform: CouplingTransform,
  name = 'conditioner',
): Module<Bijector> =>
  mapModule(
    mlp({
      name,
      inputs: [mask.length, STATE],
      hidden: [5, 4],
      output: transform.outputs(mask.length),
      activation: swish,
      layerNorm: true,
      weights: orthogonal(),
    }),
    (network) => coupling({ mask, conditioner: (masked, state) => network([masked, state]), transform }),
  );

const scale = (size: number): Module<Bijector> =>
  mapModule(
    mlp({ name: 'scale', inputs: [STATE], hidden: [4], output: size, activation: swish, weights: zeros }),
    (network) => elementwiseScale({ size, logScale: (state) => boundedLogScale(network([state]), -2, 1) }),
  );

/** A bijector without parameters. */
const fixed = (bijector: Bijector): Module<Bijector> => ({ parameters: [], bind: () => bijector });

const shiftMasks = [[1, 0], [0, 1, 0], [1, 1, 0, 0], [0], [0, 0, 0]];
for (const mask of shiftMasks)
  describeBijector(`coupling with shift and mask ${mask.join(' ')}`, couplingOf(mask, shift));
describeBijector('coupling with boundedShift', couplingOf([0, 1, 0], boundedShift(0.7)));
for (const mask of [[1, 0], [0, 1, 0], [0]])
  describeBijector(`coupling with affine and mask ${mask.join(' ')}`, couplingOf(mask, affine()));
for (const mask of [[0, 1, 0], [0]])
  describeBijector(
    `coupling with rationalQuadraticSpline and mask ${mask.join(' ')}`,
    couplingOf(mask, rationalQuadraticSpline({ bins: 4 })),
  );
// Points up to ±2: some lie beyond the bound.
describeBijector(
  'coupling with rationalQuadraticSpline that ends at 1',
  couplingOf([0, 1], rationalQuadraticSpline({ bins: 5, bound: 1 })),
);
const chained = (parts: readonly Module<Bijector>[]): Module<Bijector> =>
  mapModule(modules(parts), (layers) => chain(layers));
const decidesStateLogDet = (parameter: string): boolean => parameter.startsWith('scale.');
describeBijector(
  'chain of linear layers',
  chained([scale(2), couplingOf([1, 0], shift), couplingOf([0, 1], shift, 'other')]),
  { decidesStateLogDet },
);
describeBijector(
  'chain of couplings that bend',
  chained([
    couplingOf([1, 0], affine()),
    scale(2),
    couplingOf([0, 1], rationalQuadraticSpline({ bins: 3 }), 'other'),
  ]),
  { decidesStateLogDet },
);
describeBijector('elementwiseScale of one entry', scale(1));
describeBijector('elementwiseScale of three entries', scale(3));
/** Triangular matrices of one entry have no other triangle. */
const ofLogDet = (parameter: string): boolean => parameter.endsWith('.diagonal');
for (const size of [1, 2, 3, 6])
  describeBijector(`luLinear of ${size}`, luLinear({ name: 'mix', size }), {
    variesWithState: false,
    decidesStateLogDet: ofLogDet,
    isUsed: (parameter) => size > 1 || /\.(diagonal|bias)$/.test(parameter),
  });
describeBijector(
  'chain of luLinear and couplings',
  chained([
    scale(3),
    luLinear({ name: 'mix', size: 3 }),
    fixed(permutation([1, 2, 0])),
    couplingOf([1, 0, 1], affine()),
  ]),
  { decidesStateLogDet: (parameter) => decidesStateLogDet(parameter) || ofLogDet(parameter) },
);
for (const order of [[0], [1, 0], [2, 0, 3, 1]])
  describeBijector(`permutation ${order.join(' ')}`, fixed(permutation(order)));
// The ε in the logarithm is what log|det| is off by: 2⁻²³ / (1 − a²) per entry, here a² ≤ 0.93.
for (const size of [1, 3])
  describeBijector(`clippedTanhSquash of ${size}`, fixed(clippedTanhSquash(size)), {
    actionBound: 0.96,
    logDetTolerance: (size * 2 ** -23) / (1 - 0.96 ** 2),
  });
for (const size of [1, 3])
  describeBijector(`tanhSquash of ${size}`, fixed(tanhSquash(size)), { actionBound: 0.96 });
describeBijector('sinhWarp (test double)', fixed(sinhWarp(2)));

const aState = matrix([[0.3, -0.8, 1.2]]);

describe('elementwiseScale', () => {
  it('says where a point of another width came', async () => {
    const layer = elementwiseScale({ size: 2, logScale: (state) => slice(state, { axis: 1, end: 2 }) });
    const z = matrix([[1, 2, 3]]);
    await expect(
      compute({ z, state: aState }, (inputs) => ({ out: layer.forward(inputs.z, inputs.state).out })),
    ).rejects.toThrow('elementwiseScale: expected [rows, 2], got [1, 3].');
  });

  it('refuses a scale of another width, which broadcasting would hide', async () => {
    const layer = elementwiseScale({ size: 2, logScale: (state) => slice(state, { axis: 1, end: 1 }) });
    const message = 'elementwiseScale: logScale: expected [rows, 2], got [1, 1].';
    const z = matrix([[1, 2]]);
    await expect(
      compute({ z, state: aState }, (inputs) => ({ out: layer.forward(inputs.z, inputs.state).out })),
    ).rejects.toThrow(message);
    await expect(
      compute({ state: aState }, ({ state }) => ({ logDet: layer.stateLogDet?.(state) ?? state })),
    ).rejects.toThrow(message);
  });
});

describe.each([
  { name: 'tanhSquash', squash: tanhSquash(1), epsilon: 0 },
  { name: 'clippedTanhSquash', squash: clippedTanhSquash(1), epsilon: 2 ** -23 },
])('$name', ({ name, squash, epsilon }) => {
  it('keeps actions at and beyond the edge finite, as far inside as the margin', async () => {
    const edges = matrix([[1], [-1], [1 - 1e-5], [0.5]]);
    const { out, logDet } = await compute({ edges, state: aState }, ({ edges, state }) => {
      const { out, logDet = out } = squash.inverse(edges, state);
      return { out, logDet };
    });
    const inside = Math.atanh(1 - 1e-5);
    expectClose(out, [inside, -inside, inside, Math.atanh(0.5)], 1e-9);
    const atMargin = -Math.log(1 - (1 - 1e-5) ** 2 + epsilon);
    expectClose(logDet, [atMargin, atMargin, atMargin, -Math.log(0.75 + epsilon)], 1e-9);
  });

  it('knows its Jacobian in float32 where 1 − a² has lost its digits', async () => {
    const latents = matrix([[5], [-7], [9], [-40]]);
    const { logDet } = await compute(
      { latents, state: aState },
      ({ latents, state }) => ({ logDet: squash.forward(latents, state).logDet ?? latents }),
      onnxRuntimeNode(),
    );
    const expected = [5, 7, 9, 40].map((z) => Math.log(1 / Math.cosh(z) ** 2 + epsilon));
    expectClose(logDet, expected, 1e-5);
  });

  it.each(['forward', 'inverse'] as const)(
    'says where a point of another width came (%s)',
    async (direction) => {
      const points = matrix([[0.1, 0.2]]);
      await expect(
        compute({ points, state: aState }, ({ points, state }) => ({
          out: squash[direction](points, state).out,
        })),
      ).rejects.toThrow(`${name}: expected [rows, 1], got [1, 2].`);
    },
  );
});

describe('the latent that a squash clips to', () => {
  it('is named by the one that clips, and by no other', async () => {
    const latents = matrix([[-100], [0.3], [100]]);
    const { out } = await compute({ latents }, ({ latents }) => ({
      out: clippedTanhSquash(1).nearest?.(latents, latents) ?? latents,
    }));
    const farthest = Math.atanh(1 - 1e-5);
    expectClose(out, [-farthest, 0.3, farthest], 1e-12);
    expect(tanhSquash(1).nearest).toBeUndefined();
  });
});
