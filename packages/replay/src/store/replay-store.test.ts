import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { nodeFileSystem } from '@meow-rl/files';
import { failingFiles, recordingFiles } from '@meow-rl/files/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { emptyBuffer, filledBuffer } from '../testing/filled-buffer.ts';
import type { ReplayManifest } from './manifest.ts';
import { replayStore } from './replay-store.ts';

let folder = '';
beforeEach(async () => {
  folder = path.join(await mkdtemp(path.join(tmpdir(), 'replay-')), 'replay');
});
afterEach(async () => {
  await rm(path.dirname(folder), { recursive: true, force: true });
});

const open = () => replayStore(folder, { chunkSize: 16 });
const throughJson = (manifest: ReplayManifest): unknown => JSON.parse(JSON.stringify(manifest));
const namesOf = ({ chunks, priorities }: ReplayManifest) =>
  [...chunks.map(({ name }) => name), ...(priorities ? [priorities.file.name] : [])].toSorted();

/** What loading a manifest into a new buffer gives. */
async function loaded(manifest: unknown, plain = false) {
  const buffer = emptyBuffer(99, plain);
  await open().load(manifest, buffer);
  return buffer;
}

describe('saving and loading', () => {
  it.each([true, false])('gives back the same bits at every checkpoint (plain: %s)', async (plain) => {
    const { buffer, add, learn } = filledBuffer(1, plain);
    const store = open();
    const checkpoints: { manifest: unknown; state: unknown; batch: unknown }[] = [];
    for (const count of [0, 5, 11, 40, 0, 70, 3, 16, 100, 1]) {
      add(count);
      if (buffer.size > 0) learn();
      const state = buffer.state();
      const manifest = throughJson(await store.save(buffer));
      // From a copy: drawing here would move the generator of the buffer that goes on.
      const twin = emptyBuffer(2, plain);
      twin.restore(state);
      const batch = buffer.size > 0 && structuredClone(twin.sample(20));
      checkpoints.push({ manifest, state, batch });
    }
    for (const { manifest, state, batch } of checkpoints) {
      const other = await loaded(manifest, plain);
      expect(other.state()).toEqual(state);
      if (batch) expect(other.sample(20)).toEqual(batch);
    }
  });

  it.each([true, false])('gives the newest observations, and reads no others (plain: %s)', async (plain) => {
    const { buffer, add } = filledBuffer(4, plain);
    const store = open();
    for (const count of [3, 30, 107]) {
      add(count);
      const manifest = await store.save(buffer);
      const all = buffer.state().transitions.observations;
      for (const rows of [1, 3, 20, 100, 1000]) {
        const newest = await open().newestObservations(throughJson(manifest), rows);
        expect(newest).toEqual(all.slice(-3 * Math.min(rows, buffer.size)));
      }
    }
    const last = await store.save(buffer);
    const [oldest, ...newer] = last.chunks.map(({ name }) => path.join(folder, name));
    await rm(oldest ?? '');
    expect(await open().newestObservations(last, 50)).toHaveLength(150);
    await expect(open().newestObservations(last, 100)).rejects.toThrow(/replay: chunk .* is missing/);
    await writeFile(newer.at(-1) ?? '', 'x');
    await expect(open().newestObservations(last, 1)).rejects.toThrow('has 1 bytes, expected');
  });

  it('saves the buffer as it was when called, whatever happens meanwhile', async () => {
    const { buffer, add, learn } = filledBuffer(2);
    add(70);
    const state = buffer.state();
    const saving = open().save(buffer);
    add(95);
    learn();
    expect((await loaded(await saving)).state()).toEqual(state);
  });

  it('writes what is new and shares the rest', async () => {
    const { buffer, add } = filledBuffer(3);
    const store = open();
    add(50);
    const first = await store.save(buffer);
    add(20);
    const second = await store.save(buffer);
    expect(first.chunks.map(({ first, rows }) => [first, rows])).toEqual([
      [0, 16],
      [16, 16],
      [32, 16],
      [48, 2],
    ]);
    expect(second.chunks.slice(0, 3)).toEqual(first.chunks.slice(0, 3));
    expect(second.chunks.slice(3).map(({ first, rows }) => [first, rows])).toEqual([
      [48, 16],
      [64, 6],
    ]);
    add(70); // 40 to 139 are held: two chunks are overwritten, one in part
    const third = await store.save(buffer);
    expect(third.chunks[0]).toEqual(second.chunks[2]);
    expect(third.chunks.length).toBe(7);
    expect((await loaded(third)).state()).toEqual(buffer.state());
  });

  it('goes on from a checkpoint that it loaded, without writing its chunks again', async () => {
    const one = filledBuffer(4);
    one.add(90);
    const manifest = await open().save(one.buffer);
    const { buffer, add } = filledBuffer(5);
    const files = recordingFiles(folder);
    const store = replayStore(folder, { chunkSize: 16, files });
    await store.load(manifest, buffer);
    buffer.endEpisodes();
    add(10);
    const next = await store.save(buffer);
    expect(next.chunks.slice(0, 5)).toEqual(manifest.chunks.slice(0, 5));
    const renamed = files.done.filter((done) => done.startsWith('rename '));
    expect(renamed.toSorted().map((done) => done.split(' ').at(-1))).toEqual(
      namesOf(next).filter((name) => !namesOf(manifest).includes(name)),
    );
    expect((await loaded(next)).state()).toEqual(buffer.state());
  });

  it.each([
    ['not wrapped', 90],
    ['wrapped', 250],
  ])('goes on in a larger buffer from one that had %s', async (_, count) => {
    const { buffer, add } = filledBuffer(19);
    add(count);
    const manifest = throughJson(await open().save(buffer));
    const { buffer: larger, add: addMore } = filledBuffer(1, false, 150);
    const expected = emptyBuffer(2, false, 150);
    expected.restore(buffer.state());
    const store = open();
    await store.load(manifest, larger);
    expect(larger.state()).toEqual(expected.state());
    expect(larger.size).toBe(Math.min(100, count));
    larger.endEpisodes();
    // Until it holds none of what was saved, under numbers that were.
    addMore(220);
    const next = await store.save(larger);
    const again = emptyBuffer(3, false, 150);
    await open().load(throughJson(next), again);
    expect(again.state()).toEqual(larger.state());
    // The smaller one's checkpoint is still there.
    expect((await loaded(manifest)).state()).toEqual(buffer.state());
  });

  it('keeps the checkpoints of a course that was left for another', async () => {
    const { buffer, add, learn } = filledBuffer(6);
    const store = open();
    add(40);
    const early = await store.save(buffer);
    add(40);
    const abandoned = buffer.state();
    const late = await store.save(buffer);
    await store.load(early, buffer);
    buffer.endEpisodes();
    add(40); // other numbers under the same transition numbers
    learn();
    const other = await store.save(buffer);
    expect((await loaded(late)).state()).toEqual(abandoned);
    expect((await loaded(other)).state()).toEqual(buffer.state());
    expect(other.chunks[3]?.name).not.toBe(late.chunks[3]?.name);
  });

  it('does not take one buffer for another, or for itself before a restore', async () => {
    const [one, other] = [filledBuffer(7), filledBuffer(8)];
    const store = open();
    one.add(60);
    other.add(60);
    await store.save(one.buffer);
    expect((await loaded(await store.save(other.buffer))).state()).toEqual(other.buffer.state());
    other.buffer.restore(one.buffer.state());
    expect((await loaded(await store.save(other.buffer))).state()).toEqual(one.buffer.state());
  });
});

describe('what is on the disk', () => {
  it('is each file before its name, and all names before a save is over', async () => {
    const { buffer, add } = filledBuffer(19);
    add(40);
    const files = recordingFiles(folder);
    const manifest = await replayStore(folder, { chunkSize: 16, files }).save(buffer);
    expect(files.done.slice(0, 2)).toEqual(['mkdir .', 'sync ..']);
    expect(manifest.chunks).toHaveLength(3);
    const names = namesOf(manifest);
    for (const name of names)
      expect(files.done.filter((one) => one.includes(name))).toEqual([
        `create ${name}.tmp`,
        `write ${name}.tmp`,
        `sync ${name}.tmp`,
        `rename ${name}.tmp to ${name}`,
      ]);
    expect(files.done).toHaveLength(2 + 4 * names.length + 1);
    expect(files.done.at(-1)).toBe('sync .');
  });
});

describe('check', () => {
  it.each(['chunk', 'priorities'] as const)('finds a damaged file of %s', async (kind) => {
    const { buffer, add } = filledBuffer(20);
    add(40);
    const store = open();
    const manifest = await store.save(buffer);
    const name = kind === 'chunk' ? manifest.chunks[2]?.name : manifest.priorities?.file.name;
    const file = path.join(folder, name ?? '');
    await expect(store.check(throughJson(manifest))).resolves.toBeUndefined();
    const bytes = await readFile(file);
    await writeFile(file, bytes.with(60, (bytes[60] ?? 0) ^ 1));
    await expect(store.check(throughJson(manifest))).rejects.toThrow(`replay: ${kind} ${file} has checksum`);
  });

  it('takes a manifest whose keys were put in another order', async () => {
    const { buffer, add } = filledBuffer(21);
    add(20);
    const reversed = Object.fromEntries(Object.entries(await open().save(buffer)).toReversed());
    await expect(open().check(JSON.parse(JSON.stringify(reversed)))).resolves.toBeUndefined();
  });
});

describe('prune', () => {
  it('deletes what no kept manifest needs, and nothing else', async () => {
    const { buffer, add } = filledBuffer(9);
    const store = open();
    const manifests: ReplayManifest[] = [];
    for (let i = 0; i < 6; i += 1) {
      add(37);
      manifests.push(await store.save(buffer));
    }
    await writeFile(path.join(folder, 'notes.txt'), 'mine');
    await writeFile(path.join(folder, 'replay-0-1-abc.safetensors.tmp'), 'left by a crash');
    const kept = manifests.slice(-2);
    const deleted = await store.prune(kept);
    expect(deleted).toContain('replay-0-1-abc.safetensors.tmp');
    const needed = new Set(kept.flatMap(namesOf));
    expect((await readdir(folder)).toSorted()).toEqual([...needed, 'notes.txt'].toSorted());
    expect((await loaded(manifests[5])).state()).toEqual(buffer.state());
    await loaded(manifests[4]);
    await expect(loaded(manifests[0])).rejects.toThrow('is missing. Resume from an older checkpoint.');
  });

  it('does not let later saves build on what it deleted', async () => {
    const { buffer, add } = filledBuffer(10);
    const store = open();
    add(50);
    await store.save(buffer);
    await store.prune([]);
    expect(await readdir(folder)).toEqual([]);
    add(1);
    expect((await loaded(await store.save(buffer))).state()).toEqual(buffer.state());
  });

  it('waits for a save that is under way', async () => {
    const { buffer, add } = filledBuffer(11);
    const store = open();
    add(80);
    const saving = store.save(buffer);
    const pruning = store.prune([]);
    expect((await pruning).toSorted()).toEqual(namesOf(await saving));
  });

  it('deletes nothing if a manifest is damaged', async () => {
    const { buffer, add } = filledBuffer(12);
    const store = open();
    add(20);
    const manifest = await store.save(buffer);
    await expect(store.prune([{ ...manifest, added: 21 }])).rejects.toThrow('the manifest has checksum');
    await loaded(manifest);
  });
});

describe('errors', () => {
  it('name the file, what was expected and what was found', async () => {
    const { buffer, add } = filledBuffer(13);
    add(40);
    const store = open();
    const manifest = await store.save(buffer);
    const [, chunk] = manifest.chunks;
    const file = path.join(folder, chunk?.name ?? '');
    const bytes = await readFile(file);

    await writeFile(file, bytes.subarray(0, 100));
    await expect(loaded(manifest)).rejects.toThrow(
      `replay: chunk ${file} has 100 bytes, expected ${bytes.length}. Resume from an older checkpoint.`,
    );
    await writeFile(file, bytes.with(500, (bytes[500] ?? 0) ^ 4));
    await expect(loaded(manifest)).rejects.toThrow(
      new RegExp(`chunk .*-31-.* has checksum [0-9a-f]{64}, expected ${chunk?.checksum}\\. Resume`),
    );
    const victim = emptyBuffer(1);
    await expect(store.load(manifest, victim)).rejects.toThrow('has checksum');
    expect(victim.size).toBe(0);
    expect(() => victim.sample(1)).toThrow('empty buffer');
    await rm(file);
    await expect(loaded(manifest)).rejects.toThrow(`replay: chunk ${file} is missing.`);

    await expect(loaded({ ...manifest, version: 2 })).rejects.toThrow('has version 2, expected 1');
    await expect(loaded({ ...manifest, format: 'x' })).rejects.toThrow('has format "x", expected');
    await expect(loaded(null)).rejects.toThrow('has format null');
    await expect(loaded({ ...manifest, chunks: [{ ...chunk, name: '../../etc/passwd' }] })).rejects.toThrow(
      'the manifest is wrong at chunks.0.name',
    );
    const smaller = emptyBuffer(0, false, 39);
    await expect(store.load(manifest, smaller)).rejects.toThrow(
      "the checkpoint holds 40 transitions, expected at most 39, the buffer's capacity. Make the buffer at least as large",
    );
    await expect(loaded(manifest, true)).rejects.toThrow('a state with nStep, expected one without nStep');
    add(1);
    await expect(store.save(buffer)).rejects.toThrow(`${file} is missing, though it was saved before`);
    expect((await loaded(await store.save(buffer))).state()).toEqual(buffer.state());
  });

  it.each([
    ['ENOSPC', 'Free space on this disk'],
    ['EROFS', 'Give a folder that can be written to'],
  ])('of the system say what to do: %s', async (code, advice) => {
    const { buffer, add } = filledBuffer(14);
    add(40);
    const files = failingFiles(4, { dead: false, code });
    await expect(replayStore(folder, { files }).save(buffer)).rejects.toThrow(
      new RegExp(`replay: can't save to ${folder}: ${code}.*${advice}.* What was saved before is intact`),
    );
  });

  it('of the system say so when deleting', async () => {
    const { buffer, add } = filledBuffer(14);
    add(3);
    await open().save(buffer);
    const files = failingFiles(1, { dead: false, code: 'EACCES' });
    await expect(replayStore(folder, { files }).prune([])).rejects.toThrow(
      `replay: can't delete from ${folder}: EACCES`,
    );
  });

  it('say that the folder above is missing', async () => {
    const { buffer } = filledBuffer(15);
    await expect(replayStore(path.join(folder, 'deep')).save(buffer)).rejects.toThrow(
      'Make the folder above it first',
    );
  });
});

describe('a failure at any file operation', () => {
  it.each([
    ['as the process is killed', true],
    ['once, as on a full disk', false],
  ])('leaves earlier checkpoints intact: %s', async (_, dead) => {
    const run = async (failAt: number) => {
      await rm(folder, { recursive: true, force: true });
      const { buffer, add, learn } = filledBuffer(16);
      add(90);
      const before = buffer.state();
      const first = await replayStore(folder, { chunkSize: 32 }).save(buffer);
      const files = failingFiles(failAt, { dead, code: 'ENOSPC' });
      const store = replayStore(folder, { chunkSize: 32, files });
      const other = emptyBuffer(0);
      const outcome = await (async () => {
        await store.load(first, other);
        add(40);
        learn();
        other.restore(buffer.state()); // another history: everything is written anew, over files that exist
        const second = await store.save(other);
        await store.prune([first, second]);
        return second;
      })().catch((error: unknown) => error);
      expect((await loaded(first)).state()).toEqual(before);
      if (!(outcome instanceof Error)) expect((await loaded(outcome)).state()).toEqual(buffer.state());
      else expect(outcome.message).toMatch(/^replay: /);
      // A new process goes on from there, and tidies up.
      const { buffer: resumed } = filledBuffer(17);
      const next = open();
      await next.load(first, resumed);
      const third = await next.save(resumed);
      await next.prune([third]);
      expect((await readdir(folder)).toSorted()).toEqual(namesOf(third));
      expect((await loaded(third)).state()).toEqual(before);
      return { operations: files.count, failed: outcome instanceof Error };
    };
    const { operations, failed } = await run(Number.POSITIVE_INFINITY);
    expect(failed).toBe(false);
    expect(operations).toBeGreaterThan(30);
    let failures = 0;
    for (let failAt = 0; failAt < operations; failAt += 1) failures += Number((await run(failAt)).failed);
    expect(failures).toBe(operations);
  });

  it('of one store is over for the next save of the same store', async () => {
    const { buffer, add } = filledBuffer(18);
    add(30);
    let full = true;
    const store = replayStore(folder, {
      chunkSize: 16,
      files: {
        ...nodeFileSystem,
        rename: async (from, to) => {
          if (full && to.includes('replay-16-')) throw new Error('no more');
          await nodeFileSystem.rename(from, to);
        },
      },
    });
    await expect(store.save(buffer)).rejects.toThrow('no more');
    full = false;
    add(3);
    expect((await loaded(await store.save(buffer))).state()).toEqual(buffer.state());
  });
});
