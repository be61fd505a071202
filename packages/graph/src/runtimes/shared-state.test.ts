import { expect, it } from 'vitest';

import { onnxRuntimeNode } from '../onnxruntime-node.ts';
import { add, mul } from '../ops/index.ts';
import { program } from '../program.ts';
import { allocateVectors, floatsAt } from '../shared-vector.ts';
import { describeSharedState } from '../testing/describe-shared-state.ts';
import { testedTfjsRuntimes } from '../testing/tested-tfjs-runtimes.ts';
import { referenceRuntime } from './reference.ts';

describeSharedState(referenceRuntime);
describeSharedState(onnxRuntimeNode());
for (const runtime of testedTfjsRuntimes) describeSharedState(runtime);

const vector = { shape: [4], initial: new Float32Array(4) };
const halfStep = program({ inputs: {}, state: { w: vector, v: vector } }, (_, { w, v }) => ({
  outputs: {},
  next: { w: add(w, mul(v, 2)) },
}));

it('a step whose vectors do not all lie in one shared memory is left to the engine', async () => {
  const runtime = onnxRuntimeNode();
  const [{ w }, { v }] = [allocateVectors({ w: 4 }), allocateVectors({ v: 4 })];
  for (const shared of [{ w }, { v }, { w, v }, {}]) {
    const state = runtime.createState(halfStep.state, { shared });
    const executable = await runtime.load(halfStep, { state });
    state.write('w', [1, 2, 3, 4]);
    state.write('v', [0, 1, 0, -1]);
    for (let run = 0; run < 2; run++) await executable.run({});
    expect(Array.from(state.read('w'))).toEqual([1, 6, 3, 0]);
    if ('w' in shared) expect([...floatsAt(w)]).toEqual([1, 6, 3, 0]);
    await executable.dispose();
  }
});
