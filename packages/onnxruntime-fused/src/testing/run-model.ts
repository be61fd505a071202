import { Tensor } from 'onnxruntime-common';
import { expect } from 'vitest';

import { outputKind } from '../../../graph/src/lowering/fusion/instructions.ts';
import { product } from '../../../graph/src/ndarray.ts';
import { createSession } from '../session.ts';
import type { SessionOptions } from '../session.ts';
import { fusedModel } from './fused-model.ts';
import type { FusedModel } from './fused-model.ts';
import { isUntouched, surrounded } from './surrounded.ts';

/** Runs a model on given values, which it must not leave: beside them there are others than numbers. */
export async function runModel(
  model: FusedModel,
  values: readonly Float32Array[],
  options?: SessionOptions,
): Promise<readonly Float32Array[]> {
  const session = createSession(fusedModel(model), 1, options);
  const rooms = model.outputs.map(({ shape }) => surrounded(new Float32Array(product(shape))));
  await session.run(
    Object.fromEntries(
      values.map((data, i) => [`x${i}`, new Tensor('float32', surrounded(data), [data.length])]),
    ),
    Object.fromEntries(
      model.outputs.map(({ shape }, i) => [`y${i}`, new Tensor('float32', rooms[i] ?? [], shape)]),
    ),
  );
  await session.release();
  for (const [i, room] of rooms.entries())
    expect(isUntouched(room), `nothing is written beside output ${i}`).toBe(true);
  return rooms;
}

const elementsOf = (kind: number, [rows, columns]: readonly [number, number]): number =>
  [rows * columns, columns, rows, 1][kind] ?? 0;
/** An input of this kind, of as many elements as that takes. */
export const inputOf = (kind: number, size: readonly [number, number]) => ({
  kind,
  elements: elementsOf(kind, size),
});
/** An output that fills the matrix. */
export const fullOutput = (size: readonly [number, number]) => ({ kind: outputKind.full, shape: size });
