import { mul } from '../ops/index.ts';
import { adam } from '../optim/adam.ts';
import { chain } from '../optim/chain.ts';
import { clipByGlobalNorm, globalNorm } from '../optim/clip-by-global-norm.ts';
import { applyUpdates } from '../optim/gradient-transformation.ts';
import { polyak } from '../optim/polyak.ts';
import { optimize } from '../passes/optimize.ts';
import { program } from '../program.ts';
import type { Program } from '../program.ts';
import { planSteps } from '../stepping/plan.ts';

/** The steps of a program as runtimes take them out. */
export const planOf = (given: Program) => planSteps(optimize(given));

/** Numbers that are all different. */
export const series = (length: number, start: number) =>
  Float32Array.from({ length }, (_, i) => Math.sin(start + i) + 0.1);

const optimizer = chain(clipByGlobalNorm(1), adam({ learningRate: 0.1 }));

/** Clipping, Adam and averaging: what agents make of a gradient. */
export const training = (length: number) =>
  program(
    {
      inputs: { gradient: { shape: [length] } },
      state: {
        parameters: { shape: [length], initial: series(length, 1) },
        target: { shape: [length], initial: series(length, 2) },
        ...optimizer.init(length),
      },
    },
    ({ gradient }, { parameters, target, ...moments }) => {
      const twice = mul(2, gradient);
      const { updates, state } = optimizer.update(twice, moments);
      const next = applyUpdates(parameters, updates);
      return {
        outputs: { norm: globalNorm(twice), length: globalNorm(next) },
        next: { parameters: next, target: polyak(target, next, 0.1), ...state },
      };
    },
  );
