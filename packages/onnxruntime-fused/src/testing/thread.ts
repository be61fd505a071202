import { workerData } from 'node:worker_threads';

import { Tensor } from 'onnxruntime-common';

import { createSession } from '../session.ts';

/*
 * Doubles what lies in shared memory, many times, in a session of its own. The thread ends with the session open.
 */

const { model, x, y, runs }: { model: Uint8Array; x: Float32Array; y: Float32Array; runs: number } =
  workerData;
const session = createSession(model, 1);
const [from, to] = [new Tensor('float32', x, [x.length]), new Tensor('float32', y, [y.length])];
for (let i = 0; i < runs; i++) await session.run({ x0: from }, { y0: to });
