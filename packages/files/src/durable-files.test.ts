import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { flushFolder, replaceFile, writeAndFlush, writeWhole } from './durable-files.ts';
import { nodeFileSystem, type FileSystem } from './file-system.ts';
import { failingFiles } from './testing/failing-files.ts';
import { recordingFiles } from './testing/recording-files.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'files-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const at = (name: string) => path.join(folder, name);
const text = (name: string) => readFile(at(name), 'utf8');

describe('the order of writing, flushing and renaming', () => {
  it('of a file and a folder', async () => {
    const files = recordingFiles(folder);
    await writeAndFlush(at('a'), 'first', files);
    await flushFolder(folder, files);
    expect(files.done).toEqual(['create a', 'write a', 'sync a', 'sync .']);
    expect(await text('a')).toBe('first');
  });

  it('of a file that is written whole', async () => {
    const files = recordingFiles(folder);
    await writeWhole(at('a'), 'first', files);
    expect(files.done).toEqual(['create a.tmp', 'write a.tmp', 'sync a.tmp', 'rename a.tmp to a']);
    expect(await text('a')).toBe('first');
  });

  it('of a file that is replaced', async () => {
    await writeFile(at('a'), 'old');
    const files = recordingFiles(folder);
    await replaceFile(at('a'), Buffer.from('new'), files);
    const temporary = `.a.${process.pid}.tmp`;
    expect(files.done).toEqual([
      `create ${temporary}`,
      `write ${temporary}`,
      `sync ${temporary}`,
      `rename ${temporary} to a`,
      'sync .',
    ]);
    expect(await text('a')).toBe('new');
    expect(await readdir(folder)).toEqual(['a']);
  });
});

it('closes every file and folder, also one that can’t be flushed', async () => {
  let [open, flushes] = [0, true];
  const files: FileSystem = {
    ...nodeFileSystem,
    open: async (file, flags) => {
      const handle = await nodeFileSystem.open(file, flags);
      open += 1;
      return {
        write: (bytes) => handle.write(bytes),
        sync: () => (flushes ? handle.sync() : Promise.reject(new Error('not flushed'))),
        stat: () => handle.stat(),
        truncate: (bytes) => handle.truncate(bytes),
        close: async () => {
          await handle.close();
          open -= 1;
        },
      };
    },
  };
  await replaceFile(at('a'), 'text', files);
  expect(open).toBe(0);
  flushes = false;
  await expect(writeAndFlush(at('a'), 'text', files)).rejects.toThrow('not flushed');
  await expect(flushFolder(folder, files)).rejects.toThrow('not flushed');
  expect(open).toBe(0);
});

/** Files that can't be flushed. */
const failing = (code: string): FileSystem => ({
  ...nodeFileSystem,
  open: async (...of) => {
    const file = await nodeFileSystem.open(...of);
    return {
      write: (bytes) => file.write(bytes),
      stat: () => file.stat(),
      truncate: (bytes) => file.truncate(bytes),
      close: () => file.close(),
      sync: async () => {
        throw Object.assign(new Error(code), { code });
      },
    };
  },
});

it('takes file systems that have no flushing of folders, and no others', async () => {
  await flushFolder(folder, failing('EINVAL'));
  await flushFolder(folder, failing('ENOTSUP'));
  await expect(flushFolder(folder, failing('EIO'))).rejects.toThrow('EIO');
  // Of a file it is a failure.
  await expect(writeAndFlush(at('a'), 'text', failing('EINVAL'))).rejects.toThrow('EINVAL');
});

it('leaves folders to Windows, which can’t open them', async () => {
  vi.spyOn(process, 'platform', 'get').mockReturnValue('win32');
  const files = recordingFiles(folder);
  await replaceFile(at('a'), 'text', files);
  expect(files.done.at(-1)).toBe(`rename .a.${process.pid}.tmp to a`);
});

it('writes all where the system takes a little at a time', async () => {
  const files: FileSystem = {
    ...nodeFileSystem,
    open: async (file, flags) => {
      const handle = await nodeFileSystem.open(file, flags);
      return {
        write: (bytes) => handle.write(bytes.subarray(0, 3)),
        sync: () => handle.sync(),
        stat: () => handle.stat(),
        truncate: (bytes) => handle.truncate(bytes),
        close: () => handle.close(),
      };
    },
  };
  await replaceFile(at('a'), 'ten bytes…', files);
  expect(await text('a')).toBe('ten bytes…');
});

it('leaves the old file and nothing else wherever the disk is full', async () => {
  await writeFile(at('a'), 'old');
  // Opening, writing, flushing, closing, renaming.
  for (let failAt = 0; failAt < 5; failAt += 1) {
    const files = failingFiles(failAt, { dead: false, code: 'ENOSPC' });
    await expect(replaceFile(at('a'), 'new', files)).rejects.toThrow('ENOSPC: made by a test');
    expect(await text('a')).toBe('old');
    expect(await readdir(folder)).toEqual(['a']);
  }
});
