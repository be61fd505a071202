import { expect, it } from 'vitest';

import { onnxRuntimeNode } from '../onnxruntime-node.ts';
import { add, mul } from '../ops/index.ts';
import { program } from '../program.ts';
import { allocateVectors } from '../shared-vector.ts';
import { describeSharedState } from '../testing/describe-shared-state.ts';
import { referenceRuntime } from './reference.ts';

describeSharedState(referenceRuntime);
describeSharedState(onnxRuntimeNode());

const vector = { shape: [4], initial: new Float32Array(4) };
const halfStep = program({ inputs: {}, state: { w: vector, v: vector } }, (_, { w, v }) => ({
  outputs: {},
  next: { w: add(w, mul(v, 2)) },
}));

it('a step needs all of its vectors in one memory, or none', async () => {
  const runtime = onnxRuntimeNode();
  const [{ w }, { v }] = [allocateVectors({ w: 4 }), allocateVectors({ v: 4 })];
  const loadWith = (shared: Parameters<typeof runtime.createState<'w' | 'v'>>[1]) =>
    runtime.load(halfStep, { state: runtime.createState(halfStep.state, shared) });
  await expect(loadWith({ shared: { w } })).rejects.toThrow(
    'load: the step of the program works on vectors in shared memory and on v.',
  );
  await expect(loadWith({ shared: { w, v } })).rejects.toThrow(
    'load: all vectors of a step must lie in one shared memory.',
  );
});
