import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { makeFolder } from './make-folder.ts';
import { recordingFiles } from './testing/index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'meow-folder-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('makeFolder', () => {
  it('makes the folders above too, and accepts one that is there', async () => {
    const deep = path.join(folder, 'a', 'b', 'c');
    await makeFolder(deep);
    await makeFolder(deep);
    expect((await stat(deep)).isDirectory()).toBe(true);
  });

  it('takes `..` and `.` by their names, where the folder before them is missing too', async () => {
    const parts = ['missing', '..', 'd', '.', 'e', 'none', '..', 'f', ''];
    await makeFolder([folder, ...parts].join(path.sep));
    expect((await stat(path.join(folder, 'd', 'e', 'f'))).isDirectory()).toBe(true);
    expect(await readdir(folder)).not.toContain('missing');
    expect(await readdir(path.join(folder, 'd', 'e'))).toEqual(['f']);
  });

  it('does not mind who else makes the same folders', async () => {
    const deep = path.join(folder, 'g', 'h', 'i', 'j');
    await Promise.all(Array.from({ length: 20 }, () => makeFolder(deep)));
    expect((await stat(deep)).isDirectory()).toBe(true);
  });

  it('flushes the folder above each one that it makes', async () => {
    const files = recordingFiles(folder);
    await makeFolder(path.join(folder, 'k', 'l'), files);
    expect(files.done).toEqual(['mkdir k', 'sync .', 'mkdir k/l', 'sync k']);
  });

  it('fails below a file', async () => {
    await writeFile(path.join(folder, 'file'), '');
    await expect(makeFolder(path.join(folder, 'file', 'a'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it.runIf(process.platform === 'linux')(
    'fails at once where the file system has no folders to make',
    async () => {
      await expect(makeFolder('/proc/meow/run')).rejects.toMatchObject({ code: 'ENOENT' });
    },
  );
});
