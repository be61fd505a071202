// Second step of the build: bundles the replay page's script and puts it, as a text, where bundling on the spot was.
import { readdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { bundleViewer } from '../dist/render/bundle-viewer.js';

const file = (name) => new URL(`../${name}`, import.meta.url);
const script = await bundleViewer(fileURLToPath(file('src/render/viewer/main.ts')));
await writeFile(
  file('dist/render/viewer-script.js'),
  `const script = ${JSON.stringify(script)};\nexport const viewerScript = () => Promise.resolve(script);\n`,
);
// The bundler is needed for the build only.
for (const name of await readdir(file('dist/render')))
  if (name.startsWith('bundle-viewer.')) await rm(file(`dist/render/${name}`));
