import path from 'node:path';
import { gzipSync } from 'node:zlib';

import { rolldown } from 'rolldown';
import { expect, test } from 'vitest';

import { root } from './workspace.ts';

/** What a bundler makes of an import in a web page or program: ours alone, minified and compressed, in bytes. */
async function bundledSize(folder: string, code: string): Promise<number> {
  const entry = path.join(root, folder, 'entry.js');
  const bundle = await rolldown({
    input: entry,
    external: (id) => !/^[./]|^@meow-rl\//.test(id),
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
  return gzipSync(output[0].code, { level: 9 }).length;
}

// Little above what they are: a budget grows in the commit that needs more, and shrinks with what it is for.
test.each([
  { folder: 'packages/graph', code: "export * from '@meow-rl/graph'", budget: 31_000 },
  {
    folder: 'packages/graph',
    code: "export { grad, mean, program, square } from '@meow-rl/graph'",
    budget: 5_200,
  },
  { folder: 'packages/flows', code: "export * from '@meow-rl/flows'", budget: 11_000 },
  { folder: 'packages/export', code: "export * from '@meow-rl/export'", budget: 24_000 },
  { folder: 'packages/export', code: "export { loadPolicy } from '@meow-rl/export'", budget: 6_500 },
])('$folder: $code fits into $budget bytes', async ({ folder, code, budget }) => {
  const size = await bundledSize(folder, code);
  expect(size).toBeLessThanOrEqual(budget);
  expect(size, 'the budget is more than half as large again').toBeGreaterThan(budget / 1.5);
});
