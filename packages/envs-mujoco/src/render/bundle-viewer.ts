import { fileURLToPath } from 'node:url';

import { rolldown } from 'rolldown';

/** The page's script, three.js included, as one minified text. */
export async function bundleViewer(
  entry = fileURLToPath(new URL('./viewer/main.ts', import.meta.url)),
): Promise<string> {
  const bundle = await rolldown({ input: entry, platform: 'browser', logLevel: 'warn' });
  try {
    const { output } = await bundle.generate({ format: 'iife', minify: true });
    return output[0].code;
  } finally {
    await bundle.close();
  }
}
