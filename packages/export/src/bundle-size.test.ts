import { build } from 'esbuild';
import { expect, test } from 'vitest';

/** Bytes of ours that a page may have to load to play a policy, minified. */
const BUDGET = 20_000;

test('a page that plays a policy loads little of this project and nothing of training', async () => {
  const { metafile } = await build({
    stdin: {
      contents: "import { loadPolicy } from '@meow-rl/export'; globalThis.loadPolicy = loadPolicy;",
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['@meow-rl/source'],
  });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const used = inputs.filter(
    ([name, { bytesInOutput }]) => bytesInOutput > 0 && !name.includes('/onnxruntime-web/'),
  );
  const ours = used.filter(([name]) => !name.includes('node_modules'));
  const packages = ours.map(([name]) => /packages\/([^/]+)\//.exec(name)?.[1] ?? 'export');
  expect([...new Set(packages)].toSorted()).toEqual(['envs', 'export', 'graph', 'random']);
  expect(ours.filter(([name]) => name.endsWith('/node.ts'))).toEqual([]);
  const bytesOf = (files: typeof used) =>
    files.reduce((total, [, { bytesInOutput }]) => total + bytesInOutput, 0);
  expect(bytesOf(ours)).toBeGreaterThan(3000);
  expect(bytesOf(ours)).toBeLessThan(BUDGET);
  // With what is used of other packages, but for the engine.
  expect(bytesOf(used)).toBeLessThan(1.5 * BUDGET);
});
