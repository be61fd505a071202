import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { codeOf, nodeFileSystem } from './file-system.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'files-'));
});
afterEach(() => rm(folder, { recursive: true }));

const at = (...names: string[]) => path.join(folder, ...names);

describe('the real files', () => {
  it('are removed, folders with all that is in them, and it is fine if there is nothing', async () => {
    await writeFile(at('file'), '');
    await mkdir(at('full', 'below'), { recursive: true });
    await writeFile(at('full', 'below', 'file'), '');
    for (const name of ['file', 'full', 'nothing']) await nodeFileSystem.remove(at(name));
    expect(await readdir(folder)).toEqual([]);
  });

  it('are opened anew or at their end', async () => {
    for (const flags of ['a', 'a', 'w', 'a'] as const) {
      const file = await nodeFileSystem.open(at('file'), flags);
      await file.write(Buffer.from(flags));
      await file.close();
    }
    expect(await readFile(at('file'), 'utf8')).toBe('wa');
  });
});

it('codeOf gives the code of a system error, and undefined for everything else', async () => {
  const error = await nodeFileSystem.readFile(at('nothing')).catch((reason: unknown) => reason);
  expect(codeOf(error)).toBe('ENOENT');
  for (const other of [new Error('ENOENT'), { code: 'ENOENT' }, 'ENOENT', undefined, null])
    expect(codeOf(other)).toBeUndefined();
});
