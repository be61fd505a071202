import { BinaryReader } from '@bufbuild/protobuf/wire';

import { CHECKSUM_KEY, hasChecksum } from './checksum.ts';
import { PolicyFileError } from './errors.ts';
import { decodeMetadata } from './metadata.ts';
import type { FileMetadata } from './metadata.ts';

/** What a policy file says of itself. */
export interface PolicyHeader {
  readonly metadata: FileMetadata;
  /** SHA-256 of the file before its checksum. */
  readonly sha256: string;
}

/** Numbers of fields in onnx.proto. */
const MODEL = { graph: 7, metadataProps: 14 } as const;
const ENTRY = { key: 1, value: 2 } as const;

/** The metadata of an ONNX file, without a reader for all the rest of it, which a page would have to load. */
function readProperties(bytes: Uint8Array) {
  const reader = new BinaryReader(bytes);
  const properties: { key: string; value: string }[] = [];
  let hasGraph = false;
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field !== MODEL.metadataProps) {
      hasGraph ||= field === MODEL.graph;
      reader.skip(wireType, field);
      continue;
    }
    const entry = { key: '', value: '' };
    for (const end = reader.uint32() + reader.pos; reader.pos < end;) {
      const [part, partType] = reader.tag();
      if (part === ENTRY.key) entry.key = reader.string();
      else if (part === ENTRY.value) entry.value = reader.string();
      else reader.skip(partType, part);
    }
    properties.push(entry);
  }
  return { properties, hasGraph };
}

/** What bytes are that no ONNX model can be read from. */
export const damagedFile = (bytes: Uint8Array, where: string, cause: unknown): PolicyFileError =>
  new PolicyFileError(
    `${where}: it is no ONNX file or is damaged (${bytes.length} bytes). Give a policy.onnx, policy-stochastic.onnx or critic.onnx, or export it again.`,
    { cause },
  );

/**
 * Reads what a policy file says of itself. What is another's, damaged or changed is refused.
 *
 * @param where names the file in messages
 * @throws PolicyFileError saying which of these it is
 */
export function readPolicyHeader(bytes: Uint8Array, where: string): PolicyHeader {
  const checked = hasChecksum(bytes, where);
  const { properties, hasGraph } = tryToRead(bytes, where);
  if (!hasGraph)
    throw new PolicyFileError(`${where}: it holds no ONNX graph (${bytes.length} bytes). Export it again.`);
  const metadata = decodeMetadata(properties, where);
  const sha256 = properties.find(({ key }) => key === CHECKSUM_KEY)?.value;
  if (!checked || sha256 === undefined)
    throw new PolicyFileError(
      `${where}: its checksum ${sha256 === undefined ? 'is missing' : 'is not the last thing in it'}: it is damaged, or another program has changed it. Export it again.`,
    );
  return { metadata, sha256 };
}

function tryToRead(bytes: Uint8Array, where: string) {
  try {
    return readProperties(bytes);
  } catch (error) {
    throw damagedFile(bytes, where, error);
  }
}
