import { BinaryReader } from '@bufbuild/protobuf/wire';

import { PolicyFileError } from './errors.ts';
import { decodeMetadata } from './metadata.ts';
import type { PolicyMetadata } from './metadata.ts';

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

/**
 * What a policy file says of itself.
 *
 * @param where names the file in messages
 * @throws PolicyFileError if the bytes are no ONNX model, or not one of this project
 */
export function readPolicyHeader(bytes: Uint8Array, where: string): PolicyMetadata {
  const header = tryToRead(bytes, where);
  if (!header.hasGraph)
    throw new PolicyFileError(`${where}: it holds no ONNX graph (${bytes.length} bytes). Export it again.`);
  return decodeMetadata(header.properties, where);
}

function tryToRead(bytes: Uint8Array, where: string) {
  try {
    return readProperties(bytes);
  } catch (error) {
    throw new PolicyFileError(
      `${where}: it is no ONNX file or is damaged (${bytes.length} bytes). Export it again.`,
      { cause: error },
    );
  }
}
