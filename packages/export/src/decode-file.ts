import { decodeModel } from '@meow-rl/graph';
import type { OnnxModel } from '@meow-rl/graph';

import { damagedFile, readPolicyHeader } from './policy-header.ts';
import type { PolicyHeader } from './policy-header.ts';

/** A policy file as it is written. */
export interface DecodedFile extends PolicyHeader {
  readonly model: OnnxModel;
}

/**
 * Reads the bytes of one of an export's ONNX files. What is another's, damaged or changed is refused.
 *
 * @param where names the file in messages
 * @throws PolicyFileError saying which of these it is
 */
export function decodePolicyFile(bytes: Uint8Array, where = 'policy'): DecodedFile {
  const header = readPolicyHeader(bytes, where);
  try {
    return { model: decodeModel(bytes), ...header };
  } catch (error) {
    throw damagedFile(bytes, where, error);
  }
}
