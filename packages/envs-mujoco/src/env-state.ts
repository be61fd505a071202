import type { GeneratorState } from '@meow-rl/random';

/** Everything an environment needs to continue exactly where it stood, as plain JSON. */
export interface MujocoState {
  /** Bytes of the physics' state, warm start and controls included, in base64: JSON would lose the sign of −0. */
  readonly physics: string;
  /** Bytes of what the reward measures change of, such as a position before the next step. */
  readonly tracked: string;
  /** The last observation, which a step that diverges returns again. */
  readonly observation: string;
  readonly generator: GeneratorState;
}

export function encodeNumbers(values: Float64Array): string {
  let text = '';
  for (const byte of new Uint8Array(values.buffer, values.byteOffset, values.byteLength)) {
    text += String.fromCharCode(byte);
  }
  return btoa(text);
}

/** @throws TypeError unless `text` is what {@link encodeNumbers} made */
export function decodeNumbers(text: string, where: string): Float64Array {
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return new Float64Array(bytes.buffer);
  } catch (error) {
    throw new TypeError(`${where} is damaged. Give what state() returned, unchanged.`, { cause: error });
  }
}
