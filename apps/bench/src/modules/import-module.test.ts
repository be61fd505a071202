import { expect, it } from 'vitest';

import { importModule, loadersFor } from './import-module.ts';

it('needs a loader for TypeScript alone, and only where Node has none', () => {
  const needing = ['a.js', 'a.mjs', 'a.ts', 'a.mts', 'a.cts', 'ats', 'a.ts.js'].filter(
    (name) => loadersFor(`file:///${name}`, false).length === 1,
  );
  expect(needing).toEqual(['a.ts', 'a.mts', 'a.cts']);
  expect(loadersFor('file:///a.ts', true)).toEqual([]);
});

it('says what to do where the loader is missing', async () => {
  await expect(importModule('file:///a.ts', ['file:///none.mjs'])).rejects.toThrow(
    /file:\/\/\/a\.ts is TypeScript, which Node [\d.]+ can't run by itself, nor with tsx \(.*\)\. Install meow-bench anew, use Node 22\.18/,
  );
});
