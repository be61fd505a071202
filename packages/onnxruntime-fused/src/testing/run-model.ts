import { Tensor } from 'onnxruntime-common';
import { expect } from 'vitest';

import { outputKind } from '../../../graph/src/fusion/instructions.ts';
import { createSession } from '../session.ts';
import { fusedModel } from './fused-model.ts';
import type { FusedModel } from './fused-model.ts';

/** Runs a model on given values. */
export async function runModel(
  model: FusedModel,
  values: readonly Float32Array[],
): Promise<readonly Float32Array[]> {
  const session = createSession(fusedModel(model), 1);
  const results = await session.run(
    Object.fromEntries(values.map((data, i) => [`x${i}`, new Tensor('float32', data, [data.length])])),
    Object.fromEntries(model.outputs.map((_, i) => [`y${i}`, null])),
  );
  await session.release();
  return model.outputs.map(({ shape }, i) => {
    const tensor = results[`y${i}`];
    expect(tensor?.dims).toEqual(shape);
    return Float32Array.from(tensor?.data ?? [], Number);
  });
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
