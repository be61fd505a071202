/** The condition under which the repository's tests read sources. */
const SOURCE = '@meow-rl/source';

/**
 * What conditions choose without the sources, which aren't packed: a file, or conditions again.
 *
 * @param {string | Readonly<Record<string, unknown>>} target
 */
const builtTarget = (target) => (typeof target === 'string' ? target : builtEntries(target, SOURCE));

/**
 * Entries without the sources. Test helpers have nothing else, so their entries go.
 *
 * @param {Readonly<Record<string, unknown>>} entries `exports` or `imports`, or conditions
 * @param {string} [left] the condition that is left out
 */
const builtEntries = (entries, left) =>
  Object.fromEntries(
    Object.entries(entries)
      .filter(([name]) => name !== left)
      .map(([name, target]) => [name, builtTarget(target)])
      .filter(([, target]) => typeof target === 'string' || Object.keys(target).length > 0),
  );

const ENGINE = '@meow-rl/onnxruntime-fused';

/**
 * The packages with the compiled addon, one per platform and of the same version. They are made by scripts/binaries, and are
 * no packages of the workspace.
 *
 * @param {string} version
 */
const binariesOf = (version) =>
  Object.fromEntries(
    require('./packages/onnxruntime-fused/platforms.json').map(({ name }) => [`${ENGINE}-${name}`, version]),
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
      ...(manifest.name === ENGINE && { optionalDependencies: binariesOf(manifest.version) }),
    }),
  },
};
