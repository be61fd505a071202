import path from 'node:path';

import { rolldown } from 'rolldown';

import { packageOf } from './workspace.ts';
import type { Tarball } from './tarballs.ts';

const isRelative = (specifier: string) => /^[./#]/.test(specifier);

/** The packages that scripts import; Node's modules are left out. */
async function packagesOfScripts({ names, read }: Tarball): Promise<readonly string[]> {
  const scripts = names.filter((name) => /^(bin|dist)\/.*\.js$/.test(name));
  const imported = new Set<string>();
  const bundle = await rolldown({
    input: scripts,
    plugins: [
      {
        name: 'tarball',
        resolveId(specifier, importer) {
          if (importer === undefined) return specifier;
          if (!isRelative(specifier)) imported.add(specifier);
          return specifier.startsWith('.')
            ? path.posix.join(path.posix.dirname(importer), specifier)
            : { id: specifier, external: true };
        },
        load: (id) => read(id),
      },
    ],
  });
  await bundle.generate();
  await bundle.close();
  return [...imported].filter((specifier) => !specifier.startsWith('node:')).map(packageOf);
}

/** The packages whose types declarations name. */
function packagesOfDeclarations({ names, read }: Tarball): readonly string[] {
  const declarations = names.filter((name) => name.endsWith('.d.ts')).map((name) => read(name));
  const code = declarations.join('\n').replaceAll(/\/\*.*?\*\//gs, '');
  return [...code.matchAll(/(?:from |import\(|import )['"]([^'"]+)['"]/g)]
    .map(([, specifier = '']) => specifier)
    .filter((specifier) => !isRelative(specifier) && !specifier.startsWith('node:'))
    .map(packageOf);
}

/** The packages that a tarball's scripts and declarations need, sorted. */
export const importedPackages = async (tarball: Tarball): Promise<readonly string[]> =>
  [...new Set([...(await packagesOfScripts(tarball)), ...packagesOfDeclarations(tarball)])]
    .filter((name) => name !== tarball.manifest.name)
    .toSorted();
