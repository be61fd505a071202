import type { Tensor as OrtTensor, TensorConstructor } from 'onnxruntime-common';

import type { PartedOutput } from '../passes/parted-outputs.ts';
import { sizeOfShape } from '../shape.ts';
import { float32 } from './cell.ts';

/** Outputs that a session gives in parts. */
export interface JoinedParts {
  /** Where the session can write the parts, by their names. */
  readonly places: Readonly<Record<string, OrtTensor>>;
  /** The whole outputs, by their names, of what a session gave. */
  join(results: Readonly<Record<string, OrtTensor>>): Readonly<Record<string, OrtTensor>>;
}

/**
 * Joins parts of outputs in place.
 *
 * @param wholePlaces where whole outputs are to lie; those without one get memory that every run writes to anew
 */
export function joinedParts(
  parted: readonly PartedOutput[],
  Tensor: TensorConstructor,
  wholePlaces: Readonly<Record<string, OrtTensor>>,
): JoinedParts {
  const wholes: Record<string, OrtTensor> = {};
  const places: Record<string, OrtTensor> = {};
  for (const { name, length, parts } of parted) {
    const whole = wholePlaces[name] ?? new Tensor('float32', new Float32Array(length), [length]);
    wholes[name] = whole;
    for (const { name: part, shape, offset } of parts)
      places[part] = new Tensor(
        'float32',
        float32(whole).subarray(offset, offset + sizeOfShape(shape)),
        shape,
      );
  }
  return {
    places,
    join: (results) => {
      for (const [name, place] of Object.entries(places)) {
        const result = results[name];
        // An engine may make room of its own instead of using what it is offered.
        if (result !== place) float32(place).set(float32(result));
      }
      return wholes;
    },
  };
}
