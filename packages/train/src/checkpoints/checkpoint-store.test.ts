import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { failingFiles, recordingFiles } from '@meow-rl/files/testing';
import { createGenerator } from '@meow-rl/random';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { chooseCheckpoint } from '../run-checkpoints/choose-checkpoint.ts';
import { listCheckpoints, readCheckpoint, type Checkpoint } from './checkpoint.ts';
import { openCheckpointStore } from './checkpoint-store.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'checkpoints-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (...parts: readonly (string | number)[]) => path.join(folder, ...parts.map(String));

/** A checkpoint whose every number depends on its step. */
const numbered = (step: number, score?: number): Checkpoint => ({
  step,
  ...(score === undefined ? {} : { score }),
  values: { loop: { step, generator: { words: [step, 2, 3, 4], spare: null } }, numbers: [0.1 * step] },
  tensors: {
    'agent/parameters': { shape: [2, 3], data: Float32Array.from({ length: 6 }, (_, i) => i / step) },
    'agent/step': { shape: [], data: Float32Array.of(step) },
  },
});

describe('a checkpoint', () => {
  it('comes back as it was saved', async () => {
    const store = await openCheckpointStore(folder);
    await store.save(numbered(7, -2.5));
    expect(await readCheckpoint(at(7))).toEqual(numbered(7, -2.5));
  });

  it('can be checked with sha256sum', async () => {
    const store = await openCheckpointStore(folder);
    await store.save(numbered(7));
    expect(execFileSync('sha256sum', ['-c', 'SHA256SUMS'], { cwd: at(7), encoding: 'utf8' })).toBe(
      'state.json: OK\ntensors.safetensors: OK\n',
    );
  });

  it('of another version or format says so', async () => {
    const store = await openCheckpointStore(folder);
    await store.save(numbered(7));
    const state = await readFile(at(7, 'state.json'), 'utf8');
    const replaced = async (text: string) => {
      await writeFile(at(7, 'state.json'), text);
      const sums = execFileSync('sha256sum', ['state.json', 'tensors.safetensors'], { cwd: at(7) });
      await writeFile(at(7, 'SHA256SUMS'), sums);
      return readCheckpoint(at(7));
    };
    await expect(replaced(state.replace('"version":1', '"version":2'))).rejects.toThrow(
      'its format has version 2, this program reads 1. Use the version of meow-rl',
    );
    await expect(replaced(state.replace('meow-rl checkpoint', 'other'))).rejects.toThrow('another format');
  });

  it('never loads wrongly in silence, whatever happened to its bytes', async () => {
    const store = await openCheckpointStore(folder);
    await store.save(numbered(7, 1));
    const random = createGenerator(0);
    const names = ['state.json', 'tensors.safetensors', 'SHA256SUMS'];
    const sound = new Map<string, Buffer>();
    for (const name of names) sound.set(name, await readFile(at(7, name)));
    let refused = 0;
    for (let i = 0; i < 600; i += 1) {
      const name = names[i % names.length] ?? '';
      const original = sound.get(name) ?? Buffer.alloc(0);
      const content = mutate(original, random);
      if (content.equals(original)) continue;
      await writeFile(at(7, name), content);
      await expect(readCheckpoint(at(7))).rejects.toThrow(/^checkpoint .*7 is damaged: .+/);
      refused += 1;
      await writeFile(at(7, name), original);
    }
    expect(refused).toBeGreaterThan(550);
    expect(await readCheckpoint(at(7))).toEqual(numbered(7, 1));
  });

  it('with a missing or swapped file says so', async () => {
    const store = await openCheckpointStore(folder);
    await store.save(numbered(7));
    await store.save(numbered(8));
    await rename(at(8, 'tensors.safetensors'), at(7, 'tensors.safetensors'));
    await expect(readCheckpoint(at(8))).rejects.toThrow("8 is damaged: tensors.safetensors can't be read");
    await expect(readCheckpoint(at(7))).rejects.toThrow('7 is damaged: tensors.safetensors has checksum');
    await expect(readCheckpoint(at(9))).rejects.toThrow("9 is damaged: SHA256SUMS can't be read");
  });
});

/** Flips a bit, overwrites a byte, cuts, repeats or removes a stretch. */
function mutate(content: Buffer, random: ReturnType<typeof createGenerator>): Buffer {
  const position = random.integer(content.length);
  const copy = Buffer.from(content);
  switch (random.integer(5)) {
    case 0:
      copy[position] = (copy[position] ?? 0) ^ (1 << random.integer(8));
      return copy;
    case 1:
      copy[position] = random.integer(256);
      return copy;
    case 2:
      return copy.subarray(0, position);
    case 3:
      return Buffer.concat([copy, copy.subarray(position)]);
    default:
      return Buffer.concat([
        copy.subarray(0, position),
        copy.subarray(Math.min(copy.length, position + 1 + random.integer(40))),
      ]);
  }
}

/** What saving a checkpoint does until it has its name. */
const saving = (step: number) => {
  const at = `.saving-${step}`;
  return [
    `remove ${at}`,
    `mkdir ${at}`,
    ...['state.json', 'tensors.safetensors', 'SHA256SUMS'].flatMap((name) => [
      `create ${at}/${name}`,
      `write ${at}/${name}`,
      `sync ${at}/${name}`,
    ]),
    `sync ${at}`,
  ];
};

describe('the store', () => {
  it('keeps the last ones and the best', async () => {
    const store = await openCheckpointStore(folder, { keepLast: 2 });
    for (const [step, score] of [
      [1, 5],
      [2, 9],
      [3, 7],
      [4, 9],
    ] as const)
      await store.save(numbered(step, score));
    expect(await listCheckpoints(folder)).toEqual([4, 3]);
    await store.save(numbered(5, 1));
    const kept = await store.save(numbered(6, 2));
    expect(await listCheckpoints(folder)).toEqual([6, 5, 4]);
    expect(kept.map(({ step, score }) => [step, score])).toEqual([
      [6, 2],
      [5, 1],
      [4, 9],
    ]);
  });

  const none = undefined;
  it.each([
    ['in the middle, of losses only', [-5, -1, -3, -9, -2], [5, 2]],
    ['the first', [-1, -5, -3], [3, 1]],
    ['the newest', [3, -1, 5], [3]],
    ['the newer of two equals', [4, 7, 7, 1, 2], [5, 3]],
    ['0 among losses', [-3, 0, -2, -1], [4, 2]],
    ['one with a score, whatever others without one might be', [none, -8, none, none], [4, 2]],
    ['none, where none has a score', [none, none], [2]],
  ])('keeps as the best %s', async (_, scores, steps) => {
    const store = await openCheckpointStore(folder, { keepLast: 1 });
    for (const [i, score] of scores.entries()) await store.save(numbered(i + 1, score));
    expect(await listCheckpoints(folder)).toEqual(steps);
  });

  it('remembers the best over a restart, and can do without', async () => {
    await (await openCheckpointStore(folder, { keepLast: 1 })).save(numbered(1, 9));
    const again = await openCheckpointStore(folder, { keepLast: 1 });
    await again.save(numbered(2, 3));
    await again.save(numbered(3, 4));
    expect(await listCheckpoints(folder)).toEqual([3, 1]);
    const without = await openCheckpointStore(folder, { keepLast: 1, keepBest: false });
    await without.save(numbered(4, 1));
    expect(await listCheckpoints(folder)).toEqual([4]);
  });

  it('flushes what a name stands for before it is given, names before a save is over, and before what they stood for goes', async () => {
    const files = recordingFiles(folder);
    const doneBy = async (operation: Promise<unknown>) => {
      files.done.length = 0;
      await operation;
      return [...files.done];
    };
    const store = await openCheckpointStore(folder, { keepLast: 1, keepBest: false, files });
    expect(await doneBy(store.save(numbered(1)))).toEqual([...saving(1), 'rename .saving-1 to 1', 'sync .']);
    expect(await doneBy(store.save(numbered(2)))).toEqual([
      ...saving(2),
      'rename .saving-2 to 2',
      'sync .',
      'rename 1 to .deleting-1',
      'sync .',
      'remove .deleting-1',
    ]);
    expect(await doneBy(store.save(numbered(2)))).toEqual([
      ...saving(2),
      'rename 2 to .replaced-2',
      'rename .saving-2 to 2',
      'sync .',
      'remove .replaced-2',
    ]);
    expect(await doneBy(openCheckpointStore(folder, { discardAfter: 0, files }))).toEqual([
      'sync .',
      'rename 2 to .deleting-2',
      'sync .',
      'remove .deleting-2',
    ]);
    await mkdir(at('.replaced-4'));
    await mkdir(at('.saving-5'));
    expect(await doneBy(openCheckpointStore(folder, { files }))).toEqual([
      'rename .replaced-4 to 4',
      'sync .',
      'remove .saving-5',
    ]);
    const made = recordingFiles(folder);
    await openCheckpointStore(at('new'), { files: made });
    expect(made.done).toEqual(['mkdir new', 'sync .', 'sync new']);
  });

  it('replaces a checkpoint of the same step', async () => {
    const store = await openCheckpointStore(folder);
    await store.save(numbered(3, 1));
    await store.save(numbered(3, 2));
    expect((await readCheckpoint(at(3))).score).toBe(2);
    expect(await readdir(folder)).toEqual(['3']);
  });

  it('drops the future of the checkpoint that the run goes on from', async () => {
    const store = await openCheckpointStore(folder);
    for (const step of [1, 2, 3]) await store.save(numbered(step));
    await openCheckpointStore(folder, { discardAfter: 1 });
    expect(await readdir(folder)).toEqual(['1']);
  });

  it('clears away what a killed run left, and finishes a replacement', async () => {
    const store = await openCheckpointStore(folder);
    await store.save(numbered(3));
    await store.save(numbered(4));
    await mkdir(at('.saving-5'));
    await writeFile(at('.saving-5', 'state.json'), '{"ha');
    await mkdir(at('.deleting-1'));
    // Killed between the two renames: the new one is lost, the old one is what there is, and has to come back.
    await rename(at(4), at('.replaced-4'));
    expect(await listCheckpoints(folder)).toEqual([4, 3]);
    expect(await chooseCheckpoint(folder)).toEqual(numbered(4));
    await openCheckpointStore(folder);
    expect((await readdir(folder)).toSorted()).toEqual(['3', '4']);
    expect(await readCheckpoint(at(4))).toEqual(numbered(4));
  });

  it('keeps the new one where a run was killed before the replaced one was gone', async () => {
    const store = await openCheckpointStore(folder);
    await store.save(numbered(4, 1));
    await rename(at(4), at('.replaced-4'));
    await store.save(numbered(4, 2));
    await openCheckpointStore(folder);
    expect(await readdir(folder)).toEqual(['4']);
    expect(await readCheckpoint(at(4))).toEqual(numbered(4, 2));
  });

  it('lets a damaged checkpoint be, and does not count it', async () => {
    const store = await openCheckpointStore(folder);
    await store.save(numbered(1, 100));
    await writeFile(at(1, 'state.json'), 'nonsense');
    const again = await openCheckpointStore(folder, { keepLast: 1 });
    await again.save(numbered(2, 1));
    await again.save(numbered(3, 2));
    expect(await listCheckpoints(folder)).toEqual([3, 1]);
  });
});

/** Whether this process may mount a small file system to fill up. */
const canMount = (() => {
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();
if (!canMount) console.log('skipped: the full disk, which takes the right to mount a file system');

const mount = (options: string) => execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);

describe.skipIf(!canMount && !process.env['CI'])('a full disk', () => {
  beforeEach(() => void mount('size=64k'));
  afterEach(() => void execFileSync('umount', [folder]));

  it('is an error that leaves the older checkpoints as they were', async () => {
    const store = await openCheckpointStore(folder);
    await store.save(numbered(1));
    const large = { ...numbered(2), tensors: { big: { shape: [40_000], data: new Float32Array(40_000) } } };
    await expect(store.save(large)).rejects.toThrow(
      /^can't save checkpoint .*2: the disk is full\. The ones before it are unharmed: make room/,
    );
    expect(await readdir(folder)).toEqual(['1']);
    expect(await readCheckpoint(at(1))).toEqual(numbered(1));
    await store.save(numbered(2));
    expect(await listCheckpoints(folder)).toEqual([2, 1]);
  });
});

describe.skipIf(!canMount && !process.env['CI'])('a folder that has become read-only', () => {
  beforeEach(() => void mount('size=1m'));
  afterEach(() => void execFileSync('umount', [folder]));

  it('is an error that leaves the older checkpoints as they were', async () => {
    const store = await openCheckpointStore(folder);
    await store.save(numbered(1));
    mount('remount,ro');
    await expect(store.save(numbered(2))).rejects.toThrow(
      /^can't save checkpoint .*2: the file system is read-only\. The ones before it are unharmed: see that the folder can be written to/,
    );
    expect(await readCheckpoint(at(1))).toEqual(numbered(1));
    mount('remount,rw');
    await store.save(numbered(2));
    expect(await listCheckpoints(folder)).toEqual([2, 1]);
  });
});

it('takes `..` in its path by name, where the folder before it is missing', async () => {
  const store = await openCheckpointStore([folder, 'missing', '..', 'made'].join(path.sep), { keepLast: 1 });
  await store.save(numbered(1));
  await store.save(numbered(2));
  expect(await listCheckpoints(at('made'))).toEqual([2]);
  expect(await readdir(folder)).toEqual(['made']);
});

it('lists nothing where there is no folder, and only steps where there is one', async () => {
  expect(await listCheckpoints(at('none'))).toEqual([]);
  for (const name of ['7', '12', '300', '12x', 'x7', '.saving-9']) await mkdir(at(name));
  expect(await listCheckpoints(folder)).toEqual([300, 12, 7]);
  await writeFile(at('file'), '');
  await expect(listCheckpoints(at('file'))).rejects.toThrow('ENOTDIR');
});

it('says what could not be saved, why and what to do, and keeps what was', async () => {
  const store = await openCheckpointStore(folder);
  await store.save(numbered(3));
  const counting = failingFiles(Number.POSITIVE_INFINITY, { dead: false, code: 'ENOSPC' });
  await openCheckpointStore(folder, { files: counting });
  // The second operation of saving fails, which makes the folder.
  const full = await openCheckpointStore(folder, {
    files: failingFiles(counting.count + 1, { dead: false, code: 'ENOSPC' }),
  });
  const failure = full.save(numbered(4));
  await expect(failure).rejects.toThrow(
    `can't save checkpoint ${at(4)}: the disk is full. The ones before it are unharmed:`,
  );
  await expect(failure).rejects.toMatchObject({ cause: { code: 'ENOSPC' } });
  expect(await readCheckpoint(at(3))).toEqual(numbered(3));
});

it('promises nothing of older checkpoints where the first one could not be saved', async () => {
  const counting = failingFiles(Number.POSITIVE_INFINITY, { dead: false, code: 'ENOSPC' });
  await openCheckpointStore(folder, { files: counting });
  const full = await openCheckpointStore(folder, {
    files: failingFiles(counting.count + 1, { dead: false, code: 'ENOSPC' }),
  });
  await expect(full.save(numbered(4))).rejects.toThrow(
    `can't save checkpoint ${at(4)}: the disk is full. There is none before it: make room, then begin the run anew.`,
  );
});
