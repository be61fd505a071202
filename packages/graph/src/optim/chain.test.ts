import { describe, expect, it } from 'vitest';

import { GraphError } from '../errors.ts';
import { program } from '../program.ts';
import { referenceRuntime } from '../runtimes/reference.ts';
import { expectClose } from '../testing/expect-close.ts';
import { symbol } from '../testing/symbol.ts';
import { adam } from './adam.ts';
import { chain } from './chain.ts';
import { clipByGlobalNorm } from './clip-by-global-norm.ts';
import { applyUpdates } from './gradient-transformation.ts';

const clipped = clipByGlobalNorm(1);
const rule = adam({ learningRate: 0.1 });
const both = chain(clipped, rule);

/** The gradient below, clipped as one of this norm. */
const clippedTo = (norm: number): number[] => [3, -4].map((g) => g / (norm + 1e-6));

describe('chain', () => {
  it('has the states of all, and says whether one of them reads the norm', () => {
    expect(both.init(3)).toEqual(rule.init(3));
    expect(Object.keys(both.init(1))).toEqual([
      'adam/m',
      'adam/v',
      'adam/biasCorrection1',
      'adam/biasCorrection2',
    ]);
    expect([chain().readsNorm, chain(rule).readsNorm, both.readsNorm]).toEqual([false, false, true]);
  });

  it('hands the updates of one to the next, and the norm of the whole to the first', async () => {
    const start = [0.5, -1];
    const built = program(
      {
        inputs: { gradient: { shape: [2] }, norm: { shape: [] } },
        state: { parameters: { shape: [2], initial: start }, ...both.init(2) },
      },
      ({ gradient, norm }, { parameters, ...state }) => {
        const step = both.update(gradient, state, { norm });
        return {
          outputs: { computed: both.update(gradient, state).state['adam/m'] },
          next: { parameters: applyUpdates(parameters, step.updates), ...step.state },
        };
      },
    );
    const executable = await referenceRuntime.load(built);
    const { computed } = await executable.run({ gradient: [3, -4], norm: [50] });
    const m = (norm: number) => clippedTo(norm).map((g) => 0.1 * g);
    expectClose(executable.state.read('adam/m'), m(50), 1e-12);
    expectClose(
      executable.state.read('adam/v'),
      clippedTo(50).map((g) => 0.001 * g * g),
      1e-15,
    );
    expectClose(computed, m(5), 1e-12);
    // The first step is the learning rate against the gradient.
    expectClose(executable.state.read('parameters'), [0.4, -0.9], 1e-6);
  });

  it('does nothing where it is empty', () => {
    const gradient = symbol([3]);
    expect(chain().update(gradient, {})).toEqual({ updates: gradient, state: {} });
  });

  it('refuses two states of one name', () => {
    expect(() => chain(rule, clipped, adam({ learningRate: 1 }))).toThrow(
      new GraphError('chain: two transformations have a state adam/m. Give one of them another name.'),
    );
  });

  it('refuses to clip what is left of a part of a gradient', () => {
    const [part, norm] = [symbol([3]), symbol([])];
    const late = chain(rule, clipped);
    const state = {
      'adam/m': part,
      'adam/v': part,
      'adam/biasCorrection1': norm,
      'adam/biasCorrection2': norm,
    };
    expect(() => late.update(part, state, { norm })).toThrow(
      'chain: transformation 2 of 2 needs the norm of what it takes, but only that of the gradient is given.',
    );
    expect(() => chain(clipped, both).update(part, state, { norm })).toThrow(GraphError);
  });
});
