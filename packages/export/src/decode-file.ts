import { decodeModel } from '@meow-rl/graph';
import type { OnnxModel } from '@meow-rl/graph';

import { CHECKSUM_KEY, hasChecksum } from './checksum.ts';
import { PolicyFileError } from './errors.ts';
import { decodeMetadata } from './metadata.ts';
import type { FileMetadata } from './metadata.ts';

/** A policy file as it is written. */
export interface DecodedFile {
  readonly model: OnnxModel;
  readonly metadata: FileMetadata;
  /** SHA-256 of the file before its checksum; undefined for files of format 1, which have none. */
  readonly sha256: string | undefined;
}

/**
 * Reads the bytes of one of an export's ONNX files. What is another's, damaged or changed is refused.
 *
 * @param where names the file in messages
 * @throws PolicyFileError saying which of these it is
 */
export function decodePolicyFile(bytes: Uint8Array, where = 'policy'): DecodedFile {
  const checked = hasChecksum(bytes, where);
  const model = readModel(bytes, where);
  const metadata = decodeMetadata(model.metadataProps, where);
  const sha256 = model.metadataProps.find(({ key }) => key === CHECKSUM_KEY)?.value;
  if (metadata.format !== '1' && !checked)
    throw new PolicyFileError(
      `${where}: its checksum ${sha256 === undefined ? 'is missing' : 'is not the last thing in it'}: it is damaged, or another program has changed it. Export it again.`,
    );
  return { model, metadata, sha256: checked ? sha256 : undefined };
}

function readModel(bytes: Uint8Array, where: string): OnnxModel {
  try {
    const model = decodeModel(bytes);
    if (model.graph) return model;
  } catch (error) {
    throw new PolicyFileError(
      `${where}: it is no ONNX file or is damaged (${bytes.length} bytes). Export it again.`,
      { cause: error },
    );
  }
  throw new PolicyFileError(`${where}: it holds no ONNX graph (${bytes.length} bytes). Export it again.`);
}
