import { decodeModel, encodeModel, inLowestOpset } from '@meow-rl/graph';
import type { OnnxModel } from '@meow-rl/graph';

import type { Precision } from '../metadata.ts';
import { inFloat16 } from './float16.ts';
import { inInt8 } from './int8.ts';

const CONVERSIONS: Readonly<Record<Precision, ((model: OnnxModel) => OnnxModel) | undefined>> = {
  float32: undefined,
  float16: inFloat16,
  int8: inInt8,
};

/**
 * The bytes of a model in another precision, for the lowest operator set that has its operators.
 *
 * @throws PolicyFileError if its weights can't be written so
 */
export function inPrecision(bytes: Uint8Array, precision: Precision): Uint8Array {
  const convert = CONVERSIONS[precision];
  return convert ? encodeModel(inLowestOpset(convert(decodeModel(bytes)))) : bytes;
}
