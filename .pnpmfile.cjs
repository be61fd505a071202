/** The condition under which the repository's tests read sources. */
const SOURCE = '@meow-rl/source';

/**
 * Entries without the sources, which aren't packed. Test helpers have nothing else, so their entries go.
 *
 * @param {Readonly<Record<string, string | Readonly<Record<string, string>>>>} entries `exports` or `imports`
 */
const builtEntries = (entries) =>
  Object.fromEntries(
    Object.entries(entries)
      .map(([name, target]) => [
        name,
        typeof target === 'string'
          ? target
          : Object.fromEntries(Object.entries(target).filter(([condition]) => condition !== SOURCE)),
      ])
      .filter(([, target]) => typeof target === 'string' || Object.keys(target).length > 0),
  );

module.exports = {
  hooks: {
    // typedoc reads TypeScript through the compiler's interface, which TypeScript 7 does not have.
    readPackage: (manifest) => {
      if (manifest.name !== 'typedoc') return manifest;
      const { typescript: _typescript, ...peerDependencies } = manifest.peerDependencies;
      return {
        ...manifest,
        dependencies: { ...manifest.dependencies, typescript: '~6.0.3' },
        peerDependencies,
      };
    },
    // What pnpm pack and pnpm publish write into a package's manifest.
    beforePacking: (manifest) => ({
      ...manifest,
      ...(manifest.exports && { exports: builtEntries(manifest.exports) }),
      ...(manifest.imports && { imports: builtEntries(manifest.imports) }),
    }),
  },
};
