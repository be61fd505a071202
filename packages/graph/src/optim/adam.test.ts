import { describe, expect, it } from 'vitest';

import { onnxRuntimeNode } from '../onnxruntime-node.ts';
import { program } from '../program.ts';
import { referenceRuntime } from '../runtimes/reference.ts';
import { expectClose } from '../testing/expect-close.ts';
import { adam } from './adam.ts';
import type { AdamOptions } from './adam.ts';
import { clipByGlobalNorm } from './clip-by-global-norm.ts';
import { applyUpdates } from './gradient-transformation.ts';

const start = [0.5, -1, 2];
const gradients = [
  [0.1, -2, 0.003],
  [0.4, 1, -0.02],
  [-0.3, 0.5, 0],
  [0, 0, 10],
  [1e-4, -1e-4, 1e-9],
];

/** Algorithm 1 of the paper, as it is written there. */
function adamByHand({ learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions): number[][] {
  const [theta, m, v] = [[...start], [0, 0, 0], [0, 0, 0]];
  return gradients.map((gradient, step) => {
    const t = step + 1;
    gradient.forEach((g, i) => {
      m[i] = beta1 * (m[i] ?? 0) + (1 - beta1) * g;
      v[i] = beta2 * (v[i] ?? 0) + (1 - beta2) * g * g;
      const mHat = m[i] / (1 - beta1 ** t);
      const vHat = v[i] / (1 - beta2 ** t);
      theta[i] = (theta[i] ?? 0) - (learningRate * mHat) / (Math.sqrt(vHat) + epsilon);
    });
    return [...theta];
  });
}

const stepWith = (options: AdamOptions) =>
  program(
    {
      inputs: { gradient: { shape: [3] } },
      state: { parameters: { shape: [3], initial: start }, ...adam(options).init(3) },
    },
    ({ gradient }, { parameters, ...state }) => {
      const step = adam(options).update(gradient, state);
      return { outputs: {}, next: { parameters: applyUpdates(parameters, step.updates), ...step.state } };
    },
  );

describe('adam', () => {
  it.each<readonly [string, AdamOptions]>([
    ['its defaults', { learningRate: 1e-3 }],
    ['other decays and a large epsilon', { learningRate: 0.1, beta1: 0.5, beta2: 0.9, epsilon: 0.1 }],
  ])('takes the steps of the paper with %s', async (_, options) => {
    const exact = await referenceRuntime.load(stepWith(options));
    const engine = await onnxRuntimeNode().load(stepWith(options));
    for (const [step, expected] of adamByHand(options).entries()) {
      const gradient = gradients[step] ?? [];
      await exact.run({ gradient });
      await engine.run({ gradient });
      expectClose(exact.state.read('parameters'), expected, 1e-12, `step ${step + 1}`);
      expectClose(engine.state.read('parameters'), expected, 2e-6, `step ${step + 1} on the engine`);
    }
    await engine.dispose();
  });

  it('has bias corrections that are right to the last bits of float32 from the first step on', async () => {
    const engine = await onnxRuntimeNode().load(stepWith({ learningRate: 1e-3 }));
    for (let t = 1; t <= 3; t++) {
      await engine.run({ gradient: [1, 1, 1] });
      const [first = 0] = engine.state.read('adam/biasCorrection1');
      const [second = 0] = engine.state.read('adam/biasCorrection2');
      expect(Math.abs(first / (1 - 0.9 ** t) - 1)).toBeLessThan(2e-7);
      // 1 − 0.999ᵗ computed in float32 would be off by 1e-5 here.
      expect(Math.abs(second / (1 - 0.999 ** t) - 1)).toBeLessThan(2e-7);
    }
    await engine.dispose();
  });

  it('takes a first step of the learning rate against the gradient whatever its size', async () => {
    const engine = await onnxRuntimeNode().load(stepWith({ learningRate: 0.01 }));
    await engine.run({ gradient: [1e-4, -3, 1e4] });
    expectClose(engine.state.read('parameters'), [0.49, -0.99, 1.99], 2e-6);
    await engine.dispose();
  });
});

it.each([
  [{ learningRate: Number.NaN }, 'adam: learningRate is NaN, expected a finite number >= 0.'],
  [{ learningRate: -1 }, 'adam: learningRate is -1, expected a finite number >= 0.'],
  [{ learningRate: Infinity }, 'adam: learningRate is Infinity, expected a finite number >= 0.'],
  [{ learningRate: 1, beta1: 1 }, 'adam: beta1 is 1, expected a number from 0 to, not including, 1.'],
  [{ learningRate: 1, beta2: -0.1 }, 'adam: beta2 is -0.1, expected a number from 0 to, not including, 1.'],
  [{ learningRate: 1, epsilon: Number.NaN }, 'adam: epsilon is NaN, expected a finite number >= 0.'],
])('refuses %j', (options, message) => {
  expect(() => adam(options)).toThrow(new RangeError(message));
});

it.each([0, -1, Number.NaN])('clipping refuses a largest norm of %d', (maxNorm) => {
  expect(() => clipByGlobalNorm(maxNorm)).toThrow(
    new RangeError(`clipByGlobalNorm: the largest norm is ${maxNorm}, expected a number above 0.`),
  );
});
