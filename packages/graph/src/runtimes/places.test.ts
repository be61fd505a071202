import { expect, it } from 'vitest';

import { onnxRuntimeNode } from '../onnxruntime-node.ts';
import { add, mul } from '../ops/index.ts';
import { allocateVectors } from '../shared-vector.ts';
import { program } from '../program.ts';
import { describePlaces } from '../testing/describe-places.ts';
import { referenceRuntime } from './reference.ts';

describePlaces(referenceRuntime);
describePlaces(onnxRuntimeNode());

const vector = { shape: [4], initial: new Float32Array(4) };
const halfStep = program({ inputs: {}, state: { w: vector, v: vector } }, (_, { w, v }) => ({
  outputs: {},
  next: { w: add(w, mul(v, 2)) },
}));

it('a step needs all of its vectors in one memory, or none', async () => {
  const runtime = onnxRuntimeNode();
  const [{ w }, { v }] = [allocateVectors({ w: 4 }), allocateVectors({ v: 4 })];
  await expect(runtime.load(halfStep, { places: { w } })).rejects.toThrow(
    'places: the step of the program works on vectors with places and on v.',
  );
  await expect(runtime.load(halfStep, { places: { w, v } })).rejects.toThrow(
    'places: all vectors of a step must lie in one memory.',
  );
});
