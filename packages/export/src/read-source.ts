import { readBytes } from '#platform';

import { PolicyFileError, reasonOf } from './errors.ts';

/**
 * The bytes that a path, in Node, or an address gives.
 *
 * @param wanted which file it was to be, for messages
 * @throws PolicyFileError saying why there are none
 */
export async function readSource(source: string | URL, wanted: string): Promise<Uint8Array> {
  try {
    return await readBytes(source);
  } catch (error) {
    throw new PolicyFileError(
      `${String(source)}: it cannot be read: ${reasonOf(error)}. Give the path or the address of a ${wanted}.`,
      { cause: error },
    );
  }
}
