import { mul } from '../ops/index.ts';
import { adam } from '../optim/adam.ts';
import { clipByGlobalNorm, globalNorm } from '../optim/clip-by-global-norm.ts';
import { applyUpdates, chain } from '../optim/gradient-transformation.ts';
import { polyak } from '../optim/polyak.ts';
import { optimize } from '../passes/optimize.ts';
import { program } from '../program.ts';
import type { Program } from '../program.ts';
import { planSteps } from '../stepping/plan.ts';

/** The step of a program as runtimes take it out. */
export const planOf = (given: Program) => {
  const { rest, steps } = planSteps(optimize(given));
  const [step] = steps;
  return step && { rest, step };
};

const optimizer = chain(clipByGlobalNorm(1), adam({ learningRate: 0.1 }));

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
        ...optimizer.init(length),
      },
    },
    ({ gradient }, values) => {
      const { parameters, target, ...moments } = values;
      if (!parameters || !target) throw new Error('the program has no parameters.');
      const doubled = mul(2, gradient);
      const { updates, state } = optimizer.update(doubled, moments);
      const next = applyUpdates(parameters, updates);
      return {
        outputs: { norm: globalNorm(doubled), length: globalNorm(next) },
        next: { parameters: next, target: polyak(target, next, 0.1), ...state },
      };
    },
  );
