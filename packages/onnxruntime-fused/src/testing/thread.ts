import { workerData } from 'node:worker_threads';

import { Tensor } from 'onnxruntime-common';

import { createSession } from '../session.ts';

/*
 * Doubles what lies in shared memory, many times, in a session of its own, after making and releasing some others. The thread
 * ends with the session open.
 */

/** What the thread is started with. */
export interface ThreadData {
  readonly model: Uint8Array;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly runs: number;
  readonly others: number;
}

const { model, x, y, runs, others }: ThreadData = workerData;
for (let i = 0; i < others; i++) await createSession(model, 1).release();
const session = createSession(model, 1);
const [from, to] = [new Tensor('float32', x, [x.length]), new Tensor('float32', y, [y.length])];
for (let i = 0; i < runs; i++) await session.run({ x0: from }, { y0: to });
