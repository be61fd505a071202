import path from 'node:path';
import { gzipSync } from 'node:zlib';

import { rolldown } from 'rolldown';
import { expect, test } from 'vitest';

import { root } from './workspace.ts';

/** Of ours, or a file that package.json maps a name to, but for the engine. */
const isOurs = (id: string): boolean => /^[./]|^@meow-rl\/|^#platform$/.test(id);

/** What a bundler makes of an import in a web page or program: ours alone, minified; and the packages that it is from. */
async function bundled(folder: string, code: string) {
  const entry = path.join(root, folder, 'entry.js');
  const bundle = await rolldown({
    input: entry,
    external: (id) => !isOurs(id),
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === entry ? id : null),
        load: (id) => (id === entry ? code : null),
      },
    ],
  });
  const { output } = await bundle.generate({ minify: true, codeSplitting: false });
  await bundle.close();
  const [chunk] = output;
  const files = Object.entries(chunk.modules).flatMap(([id, { renderedLength }]) =>
    renderedLength > 0 && id !== entry ? [path.relative(path.join(root, 'packages'), id)] : [],
  );
  return { code: chunk.code, packages: new Set(files.map((file) => file.split(path.sep)[0])) };
}

// Little above what they are: a budget grows in the commit that needs more, and shrinks with what it is for.
test.each([
  { folder: 'packages/graph', code: "export * from '@meow-rl/graph'", budget: 31_500 },
  {
    folder: 'packages/graph',
    code: "export { grad, mean, program, square } from '@meow-rl/graph'",
    budget: 5_200,
  },
  { folder: 'packages/flows', code: "export * from '@meow-rl/flows'", budget: 11_000 },
  { folder: 'packages/export', code: "export * from '@meow-rl/export'", budget: 26_000 },
  { folder: 'packages/export', code: "export { loadPolicy } from '@meow-rl/export'", budget: 6_500 },
])('$folder: $code fits into $budget bytes, compressed', async ({ folder, code, budget }) => {
  const size = gzipSync((await bundled(folder, code)).code, { level: 9 }).length;
  expect(size).toBeLessThanOrEqual(budget);
  expect(size, 'the budget is more than half as large again').toBeGreaterThan(budget / 1.5);
});

test('a page that plays a policy loads less than 20 kB of this project, uncompressed, and nothing of training', async () => {
  const { code, packages } = await bundled('packages/export', "export { loadPolicy } from '@meow-rl/export'");
  expect([...packages].toSorted()).toEqual(['envs', 'export', 'graph', 'random']);
  expect(code).not.toContain('node:');
  expect(code.length).toBeGreaterThan(3_000);
  expect(code.length).toBeLessThan(20_000);
});
