import { decodeEvent } from './event.ts';
import type { TensorBoardEvent } from './event.ts';
import { decodeRecords } from './record.ts';

/**
 * The events of a TensorBoard file's bytes, in order.
 *
 * @param where names the file in messages
 * @throws Error if the file is cut short or damaged
 */
export const decodeTensorBoard = (bytes: Uint8Array, where?: string): TensorBoardEvent[] =>
  Array.from(decodeRecords(bytes, where), decodeEvent);
