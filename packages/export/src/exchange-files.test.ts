import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { failingFiles, recordingFiles } from '@meow-rl/files/testing';
import { expect, onTestFinished, test } from 'vitest';

import { draftOf, exchangeFiles, type FileSet } from './exchange-files.ts';

const NAMES = ['policy', 'sampler', 'critic'];

/** A folder with an earlier set, and drafts of the next one. */
async function folderOf(earlier: readonly string[], next: readonly string[]): Promise<FileSet> {
  const folder = await mkdtemp(path.join(tmpdir(), 'meow-exchange-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [first = '', ...others] = NAMES.map((name) => path.join(folder, name));
  for (const name of earlier) await writeFile(path.join(folder, name), `earlier ${name}`);
  for (const name of next) await writeFile(draftOf(path.join(folder, name)), `next ${name}`);
  return {
    folder,
    files: [first, ...others],
    drafted: new Set(next.map((name) => path.join(folder, name))),
  };
}

/** What lies in a folder under the names of a set, and what else. */
async function contentsOf({ folder }: FileSet): Promise<{ set: string[]; others: string[] }> {
  const names = (await readdir(folder)).toSorted();
  const set = await Promise.all(
    names.filter((name) => NAMES.includes(name)).map((name) => readFile(path.join(folder, name), 'utf8')),
  );
  return { set, others: names.filter((name) => !NAMES.includes(name)) };
}

const sets = [
  [NAMES, NAMES],
  [NAMES, ['policy']],
  [
    ['policy', 'critic'],
    ['policy', 'sampler'],
  ],
  [[], NAMES],
] as const;

test.each(sets)('%j gives way to %j', async (earlier, next) => {
  const set = await folderOf(earlier, next);
  await exchangeFiles(set);
  const expected = next.map((name) => `next ${name}`).toSorted();
  expect(await contentsOf(set)).toEqual({ set: expect.toSatisfy(sameAs(expected)), others: [] });
});

const sameAs = (expected: readonly string[]) => (actual: readonly string[]) =>
  actual.toSorted().join() === expected.join();

test.each(sets)('%j stays whole where a step of putting %j in its place fails', async (earlier, next) => {
  for (let step = 0; ; step += 1) {
    const set = await folderOf(earlier, next);
    const before = (await contentsOf(set)).set;
    const files = failingFiles(step, { dead: false, code: 'EIO' });
    const outcome = await exchangeFiles(set, files).then(
      () => 'done',
      (error: Error) => error.message,
    );
    // From here on only copies are deleted.
    if (outcome === 'done') {
      expect(files.count).toBeGreaterThan(next.length + 4);
      break;
    }
    expect(outcome).toBe('EIO: made by a test');
    expect((await contentsOf(set)).set, `step ${step}`).toEqual(before);
  }
});

test.each(sets)('%j and %j never lie side by side, wherever it is cut off', async (earlier, next) => {
  for (let step = 0, cut = true; cut; step += 1) {
    const set = await folderOf(earlier, next);
    const dying = failingFiles(step, { dead: true, code: 'EIO' });
    await exchangeFiles(set, dying).catch(() => {});
    cut = dying.count > step;
    const { set: files } = await contentsOf(set);
    expect(
      new Set(files.map((text) => text.split(' ')[0])).size,
      `step ${step}: ${files.join(', ')}`,
    ).toBeLessThan(2);
    if (files.length > 0 || earlier.length > 0)
      expect(files, `step ${step}`).toContainEqual(expect.stringMatching(/ policy$/));

    // Whoever exports again leaves nothing of it.
    for (const file of set.drafted) await writeFile(draftOf(file), `last ${path.basename(file)}`);
    await exchangeFiles(set);
    const { set: last, others } = await contentsOf(set);
    expect(others).toEqual([]);
    expect(last.toSorted()).toEqual(next.map((name) => `last ${name}`).toSorted());
  }
});

test.each(sets)(
  '%j and %j do not either where putting the first ones back is cut off',
  async (earlier, next) => {
    for (let step = 0, failed = true; failed; step += 1) {
      for (let end = step + 1, cut = true; cut; end += 1) {
        const set = await folderOf(earlier, next);
        const files = failingFiles(step, { dead: end, code: 'EIO' });
        failed = await exchangeFiles(set, files).then(
          () => false,
          () => true,
        );
        cut = failed && files.count > end;
        const { set: names } = await contentsOf(set);
        const where = `step ${step} fails, then all from ${end} on: ${names.join(', ')}`;
        expect(new Set(names.map((text) => text.split(' ')[0])).size, where).toBeLessThan(2);
        if (names.length > 0 || earlier.length > 0)
          expect(names, where).toContainEqual(expect.stringMatching(/ policy$/));
      }
    }
  },
);

test('the disk has the names of one set before those of the other are given', async () => {
  const set = await folderOf(NAMES, NAMES);
  const files = recordingFiles(set.folder);
  await exchangeFiles(set, files);
  expect(files.done.slice(0, 10)).toEqual([
    'copy policy to policy.previous',
    'copy sampler to sampler.previous',
    'copy critic to critic.previous',
    'remove sampler',
    'remove critic',
    'sync .',
    'rename policy.draft to policy',
    'rename sampler.draft to sampler',
    'rename critic.draft to critic',
    'sync .',
  ]);
  // In any order.
  expect(files.done.slice(10).toSorted()).toEqual([
    'remove critic.previous',
    'remove policy.previous',
    'remove sampler.previous',
  ]);
});
