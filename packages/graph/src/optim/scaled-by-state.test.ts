import { expect, it } from 'vitest';

import { onnxRuntimeNode } from '../onnxruntime-node.ts';
import { program } from '../program.ts';
import { referenceRuntime } from '../runtimes/reference.ts';
import { adam } from './adam.ts';
import { chain } from './chain.ts';
import { applyUpdates } from './gradient-transformation.ts';
import { scaledByState } from './scaled-by-state.ts';

const rule = chain(adam({ learningRate: 0.1 }), scaledByState());

it.each([
  ['the reference', () => referenceRuntime],
  ['the engine', onnxRuntimeNode],
])('multiplies steps by what the host writes, on %s', async (_, runtime) => {
  const executable = await runtime().load(
    program(
      {
        inputs: { gradient: { shape: [2] } },
        state: { parameters: { shape: [2], initial: [1, 1] }, ...rule.init(2) },
      },
      ({ gradient }, { parameters, ...state }) => {
        const step = rule.update(gradient, state);
        return { outputs: {}, next: { parameters: applyUpdates(parameters, step.updates), ...step.state } };
      },
    ),
  );
  const step = async () => {
    await executable.run({ gradient: [3, -3] });
    return Array.from(executable.state.read('parameters'), (x) => Number(x.toFixed(4)));
  };
  // With the same gradient every time, Adam's steps are the learning rate.
  expect(await step()).toEqual([0.9, 1.1]);
  executable.state.write('scale/factor', [0.5]);
  expect(await step()).toEqual([0.85, 1.15]);
  expect(await step()).toEqual([0.8, 1.2]);
  executable.state.write('scale/factor', [0]);
  expect(await step()).toEqual([0.8, 1.2]);
  await executable.dispose();
});
