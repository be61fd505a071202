import type { MjModel } from '@mujoco/mujoco';

import { explained } from './arena.ts';
import type { Mujoco } from './mujoco.ts';

/** Files by the names that an MJCF text uses for them: meshes, textures, included MJCF. */
export type Assets = Readonly<Record<string, string | Uint8Array>>;

/**
 * Compiles MJCF.
 *
 * @param id begins the error message
 * @throws SyntaxError with MuJoCo's explanation if the text is no valid model or a file is missing
 * @throws Error if the model asks for less memory than it takes by itself
 */
export function compileModel(mujoco: Mujoco, id: string, xml: string, assets: Assets = {}): MjModel {
  const files = new mujoco.MjVFS();
  try {
    const encoder = new TextEncoder();
    for (const [name, content] of Object.entries(assets)) {
      files.addBuffer(name, typeof content === 'string' ? encoder.encode(content) : content);
    }
    return mujoco.MjModel.from_xml_string(xml, files);
  } catch (error) {
    const overflow = explained(error, id);
    if (overflow !== error) throw overflow;
    const reason = error instanceof Error ? error.message : String(error);
    throw new SyntaxError(
      `${id}: MuJoCo can't compile the model. ${tidy(reason)}. Correct the MJCF, or give the file in assets if it names one.`,
      { cause: error },
    );
  } finally {
    files.delete();
  }
}

const tidy = (reason: string) =>
  reason
    .replace(/^MuJoCo Error: (Loading error: )?/, '')
    .trim()
    .replaceAll(/\s*\n\s*/g, ', ')
    .replace(/\.$/, '');
