import { describe, expect, it } from 'vitest';

import { onnxRuntimeNode } from '../../onnxruntime-node.ts';
import { add, minimum, sum } from '../../ops/index.ts';
import { program } from '../../program.ts';
import type { Program } from '../../program.ts';
import { referenceRuntime } from '../../runtimes/reference.ts';
import { expectClose } from '../../testing/expect-close.ts';
import { planOf, training } from '../../testing/training.ts';

describe('planSteps', () => {
  it('takes everything that follows the gradient out of the engine', () => {
    const { unstepped, steps } = planOf(training(5));
    const [step] = steps;
    expect(steps).toHaveLength(1);
    expect(step).toMatchObject({
      length: 5,
      scalars: [{ state: 'adam/biasCorrection1' }, { state: 'adam/biasCorrection2' }],
      firstNorms: [{ outputs: ['norm'] }],
      norms: [{ output: 'length' }],
    });
    expect(step?.writes.map(({ state }) => state).toSorted()).toEqual([
      'adam/m',
      'adam/v',
      'parameters',
      'target',
    ]);
    expect(step?.scalarWrites.map(({ state }) => state).toSorted()).toEqual([
      'adam/biasCorrection1',
      'adam/biasCorrection2',
    ]);
    // What is left is the product by 2.
    expect(Object.keys(unstepped.outputs)).toEqual(['step:0:0']);
    expect(unstepped.state).toEqual({});
  });

  it.each<readonly [string, Program]>([
    [
      'an output reads the next state',
      program({ inputs: {}, state: { w: { shape: [3], initial: [1, 2, 3] } } }, (_, { w }) => {
        const next = add(w, 1);
        return { outputs: { next }, next: { w: next } };
      }),
    ],
    [
      'entries are not taken by themselves',
      program({ inputs: {}, state: { w: { shape: [3], initial: [1, 2, 3] } } }, (_, { w }) => ({
        outputs: {},
        next: { w: minimum(w, sum(w)) },
      })),
    ],
    [
      'the states are numbers',
      program({ inputs: {}, state: { w: { shape: [], initial: [1] } } }, (_, { w }) => ({
        outputs: {},
        next: { w: add(w, 1) },
      })),
    ],
    [
      'no state changes',
      program({ inputs: {}, state: { w: { shape: [3], initial: [1, 2, 3] } } }, (_, { w }) => ({
        outputs: { y: add(w, 1) },
      })),
    ],
  ])('finds none where %s', async (_, built) => {
    expect(planOf(built).steps).toEqual([]);
    const [engine, exact] = [await onnxRuntimeNode().load(built), await referenceRuntime.load(built)];
    for (const executable of [engine, exact]) await executable.run({});
    expectClose(engine.state.read('w'), exact.state.read('w'), 1e-6);
    await engine.dispose();
  });
});
