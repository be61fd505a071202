// API documentation of all entries of all packages: npm run docs, into reports/api.
import { readFileSync, readdirSync } from 'node:fs';

import { Converter, ReflectionKind } from 'typedoc';

const folders = readdirSync('packages').map((name) => `packages/${name}`);
/** Sources of entries that are published, with their names: `@meow-rl/graph/onnxruntime-node`. */
const entries = folders.flatMap((folder) => {
  const { name, exports } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  return Object.entries(exports)
    .filter(([, target]) => target.types !== undefined)
    .map(([entry, target]) => ({
      file: `${folder}/${target['@meow-rl/source'].slice(2)}`,
      name: `${name}${entry.slice(1)}`,
    }));
});

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  name: 'meow-rl',
  entryPoints: entries.map(({ file }) => file),
  tsconfig: 'tsconfig.json',
  out: 'reports/api',
  readme: 'none',
  // Clones have remotes of any kind.
  disableGit: true,
  sourceLinkTemplate: 'https://github.com/meow-rl/meow-rl/blob/main/{path}#L{line}',
  // Types are checked by npm run types.
  skipErrorChecking: true,
  treatWarningsAsErrors: true,
  plugin: [
    (app) =>
      app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_context, reflection) => {
        if (!reflection.kindOf(ReflectionKind.Module)) return;
        const source = reflection.sources?.[0]?.fileName ?? '';
        const entry = entries.find(({ file }) => source.endsWith(file) || file.endsWith(source));
        if (entry === undefined) throw new Error(`typedoc: ${source} is no entry of a package.`);
        reflection.name = entry.name;
      }),
  ],
};
