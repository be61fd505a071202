import { mul } from '../ops/index.ts';
import { adam, adamState } from '../optim/adam.ts';
import { clipByGlobalNorm, globalNorm } from '../optim/clip-by-global-norm.ts';
import { polyak } from '../optim/polyak.ts';
import { optimize } from '../passes/optimize.ts';
import { program } from '../program.ts';
import type { Program } from '../program.ts';
import { planStep } from '../stepping/plan.ts';

/** The step of a program as runtimes take it out. */
export const planOf = (own: Program) => planStep(optimize(own));

/** Numbers that are all different. */
export const series = (length: number, start: number) =>
  Float32Array.from({ length }, (_, i) => Math.sin(start + i) + 0.1);

/** Clipping, Adam and averaging: what agents make of a gradient. */
export const training = (length: number) =>
  program(
    {
      inputs: { gradient: { shape: [length] } },
      state: {
        parameters: { shape: [length], initial: series(length, 1) },
        target: { shape: [length], initial: series(length, 2) },
        ...adamState(length),
      },
    },
    ({ gradient }, { parameters, target, ...moments }) => {
      const clipped = clipByGlobalNorm(mul(2, gradient), 1);
      const { parameters: next, state } = adam(parameters, clipped.gradient, moments, { learningRate: 0.1 });
      return {
        outputs: { norm: clipped.norm, length: globalNorm(next) },
        next: { parameters: next, target: polyak(target, next, 0.1), ...state },
      };
    },
  );
