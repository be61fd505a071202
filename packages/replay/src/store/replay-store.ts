import path from 'node:path';

import { codeOf, flushFolder, nodeFileSystem, writeWhole, type FileSystem } from '@meow-rl/files';
import { decodeSafetensors, encodeSafetensors } from '@meow-rl/safetensors';

import { oldestOf, type ReplayBufferPart, type ReplayBufferState } from '../buffer-state.ts';
import type { ReplayBuffer } from '../replay-buffer.ts';
import { checksumOf } from './checksum.ts';
import { chunkRanges, defaultChunkSize } from './chunk-ranges.ts';
import { DamagedReplayError } from './damaged-replay-error.ts';
import { inGroups } from './in-groups.ts';
import {
  checkedManifest,
  sealManifest,
  type ReplayManifest,
  type StoredChunk,
  type StoredFile,
} from './manifest.ts';
import { decodePart, encodePart, sliceOf } from './part-file.ts';

/** Options of {@link replayStore}. */
export interface ReplayStoreOptions {
  /** Transitions per chunk. Default: a 128th of the buffer's capacity, and at least 4096. */
  readonly chunkSize?: number;
  /** Default: Node's files. */
  readonly files?: FileSystem | undefined;
}

/** A folder that the buffers of a run's checkpoints are saved in. */
export interface ReplayStore {
  /**
   * Saves a buffer as it is when called: what was added since this store last saved or loaded it, and the priorities.
   *
   * Copying happens before this returns, everything else while training goes on. The files are on the disk when the
   * promise is fulfilled; the checkpoint is complete once the caller has written the manifest as safely.
   *
   * @returns the manifest, plain JSON
   * @throws Error if the folder can't be written to; nothing saved before is damaged, and the next call saves anew
   */
  save(buffer: ReplayBuffer): Promise<ReplayManifest>;
  /**
   * Puts a saved buffer back, bit by bit: the same transitions in the same rows, the same batches from now on. The capacity
   * may be another one, as {@link ReplayBuffer.restore} says.
   *
   * @param manifest what `save` returned, as read from the checkpoint
   * @throws DamagedReplayError if a file is damaged or missing, Error if the manifest is or belongs to another buffer. The
   *   buffer stays as it was if its options differ or the manifest is damaged, and is left empty if a chunk is
   */
  load(manifest: unknown, buffer: ReplayBuffer): Promise<void>;
  /**
   * Reads all that a saved buffer consists of, and nothing more.
   *
   * @throws DamagedReplayError if a file is damaged or missing, Error if the manifest is
   */
  check(manifest: unknown): Promise<void>;
  /**
   * The observations of a saved buffer's newest transitions, from the oldest to the newest; reads no more chunks than these
   * lie in.
   *
   * @param rows how many; all if there are fewer
   * @returns [n, obs]
   * @throws DamagedReplayError if one of those files is damaged or missing, Error if the manifest is
   */
  newestObservations(manifest: unknown, rows: number): Promise<Float32Array>;
  /**
   * Deletes the files that none of the given manifests needs, and what interrupted saves left.
   *
   * @param keep the manifests of all checkpoints that stay
   * @returns the names deleted
   * @throws Error if a manifest is damaged; then nothing is deleted
   */
  prune(keep: readonly unknown[]): Promise<string[]>;
}

const OWN_FILE = /^replay-[0-9a-z-]+\.safetensors(\.tmp)?$/;

/**
 * Saves replay buffers incrementally, in chunks that checkpoints share.
 *
 * A file is named by what it contains, written under a temporary name, flushed and renamed, and never changed
 * afterwards. So a crash at any instant, or a second course of training from an older checkpoint, leaves every
 * checkpoint as it was.
 *
 * @param folder made if it is missing; the folder above it must exist. One store at a time may write to it
 */
export function replayStore(
  folder: string,
  { chunkSize, files = nodeFileSystem }: ReplayStoreOptions = {},
): ReplayStore {
  // What lies on the disk of the buffer with this history.
  let saved: { readonly history: object; readonly chunks: readonly StoredChunk[] } | null = null;
  let running: Promise<unknown> = Promise.resolve();

  /** Runs tasks one after the other, so that prune() never sees a save half done. */
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const result = running.then(task);
    running = result.catch(() => {});
    return result;
  };

  /** Says of an error of the system what was tried and what to do. */
  const explain = (what: string) => (error: unknown) => {
    if (codeOf(error) === undefined) throw error;
    throw new Error(`replay: ${what} ${folder}: ${messageOf(error)}. ${adviceFor(error)}`, { cause: error });
  };

  const write = async (name: string, bytes: Uint8Array<ArrayBuffer>): Promise<StoredFile> => {
    const checksum = await checksumOf(bytes);
    const file = { name: `${name}-${checksum.slice(0, 16)}.safetensors`, bytes: bytes.length, checksum };
    await writeWhole(path.join(folder, file.name), bytes, files);
    return file;
  };

  const writePriorities = async ({ priorities, added }: ReplayBufferState) => {
    if (!priorities) return null;
    const { values, ...settings } = priorities;
    const bytes = encodeSafetensors({ priorities: { shape: [values.length], data: values } });
    return { ...settings, file: await write(`replay-priorities-${added}`, bytes) };
  };

  const writeChunks = async (state: ReplayBufferState, kept: readonly StoredChunk[], size: number) => {
    const chunks = [...kept];
    const ranges = chunkRanges(state.first, state.added, size);
    const written = inGroups(ranges, async ({ first, end }): Promise<StoredChunk> => {
      const part = sliceOf(state, first - state.first, end - state.first, state);
      const file = await write(`replay-${first}-${end - 1}`, encodePart(part, state));
      return { ...file, first, rows: end - first };
    });
    for await (const chunk of written) chunks.push(chunk);
    return chunks;
  };

  const checkKept = async (kept: readonly StoredChunk[]) => {
    const names = new Set(await files.readdir(folder));
    const missing = kept.find(({ name }) => !names.has(name));
    if (!missing) return;
    saved = null;
    throw new Error(
      `replay: ${path.join(folder, missing.name)} is missing, though it was saved before and checkpoints need it. ` +
        'Something else deletes files in this folder. Keep it from that; another save writes the whole buffer anew.',
    );
  };

  const read = async ({ name, bytes, checksum }: StoredFile, what: string) => {
    const file = path.join(folder, name);
    const raw = await files.readFile(file).catch((error: unknown) => {
      const why = codeOf(error) === 'ENOENT' ? 'is missing' : `can't be read (${messageOf(error)})`;
      throw new DamagedReplayError(`replay: ${what} ${file} ${why}. ${RESUME}`, { cause: error });
    });
    const contents = new Uint8Array(raw);
    if (contents.length !== bytes) {
      throw new DamagedReplayError(
        `replay: ${what} ${file} has ${contents.length} bytes, expected ${bytes}. ${RESUME}`,
      );
    }
    const actual = await checksumOf(contents);
    if (actual !== checksum) {
      throw new DamagedReplayError(
        `replay: ${what} ${file} has checksum ${actual}, expected ${checksum}. ${RESUME}`,
      );
    }
    return { file, contents };
  };

  const readPriorities = async ({ priorities, added, capacity }: ReplayManifest) => {
    if (!priorities) return null;
    const { file: stored, ...settings } = priorities;
    const { file, contents } = await read(stored, 'priorities');
    const values = decodeSafetensors(contents, file).tensors['priorities']?.data ?? new Float32Array(0);
    if (values.length === Math.min(added, capacity)) return { ...settings, values };
    throw new Error(
      `replay: priorities ${file} has ${values.length} numbers, expected ${Math.min(added, capacity)}. ${RESUME}`,
    );
  };

  async function* readParts(manifest: ReplayManifest): AsyncGenerator<ReplayBufferPart> {
    const oldest = oldestOf(manifest);
    const contentsOf = inGroups(manifest.chunks, async (chunk) => ({
      chunk,
      ...(await read(chunk, 'chunk')),
    }));
    for await (const { chunk, file, contents } of contentsOf) {
      const part = decodePart(contents, file, partOf(chunk, manifest));
      // The first chunk may begin with transitions that were overwritten before this checkpoint.
      yield sliceOf(part, Math.max(0, oldest - chunk.first), chunk.rows, manifest);
    }
  }

  return {
    save(buffer) {
      const { history, capacity } = buffer;
      const size = chunkSize ?? defaultChunkSize(capacity);
      const ranges = chunkRanges(oldestOf(buffer), buffer.added, size);
      const known = saved?.history === history ? saved.chunks : [];
      const kept: StoredChunk[] = [];
      for (const { first, end } of ranges) {
        const chunk = known.find((stored) => stored.first <= first && stored.first + stored.rows === end);
        if (!chunk) break;
        kept.push(chunk);
      }
      const state = buffer.state({ from: ranges[kept.length]?.first ?? buffer.added });
      return inTurn(async () => {
        await makeFolder(files, folder);
        await checkKept(kept);
        const priorities = await writePriorities(state);
        const chunks = await writeChunks(state, kept, size);
        await flushFolder(folder, files);
        saved = { history, chunks };
        const { added, generator, lasts, observationStorage, discount, nStep } = state;
        return sealManifest({
          capacity,
          ...sizesOf(state),
          ...(observationStorage && { observationStorage }),
          discount,
          nStep,
          added,
          generator: { words: [...generator.words], spare: generator.spare },
          lasts: lasts && [...lasts],
          priorities,
          chunks,
        });
      }).catch(explain("can't save to"));
    },
    load(manifest, buffer) {
      return inTurn(async () => {
        const checked = checkedManifest(manifest);
        checkSizes(checked, buffer);
        const head = { ...checked, priorities: await readPriorities(checked) };
        await buffer.restoreParts(head, readParts(checked));
        // Chunks go by the numbers of transitions, which another capacity may have changed.
        const { history, added } = buffer;
        saved = added === checked.added ? { history, chunks: checked.chunks } : null;
      });
    },
    check(manifest) {
      return inTurn(async () => {
        const { chunks, priorities } = checkedManifest(manifest);
        for (const chunk of chunks) await read(chunk, 'chunk');
        if (priorities) await read(priorities.file, 'priorities');
      });
    },
    newestObservations(manifest, rows) {
      return inTurn(async () => {
        const checked = checkedManifest(manifest);
        const held = Math.min(rows, checked.added, checked.capacity);
        const observations = new Float32Array(held * checked.observationSize);
        let from = observations.length;
        for (const chunk of checked.chunks.toReversed()) {
          if (from === 0) break;
          const { file, contents } = await read(chunk, 'chunk');
          const { transitions } = decodePart(contents, file, partOf(chunk, checked));
          const newest = transitions.observations.slice(-from);
          from -= newest.length;
          observations.set(newest, from);
        }
        return observations;
      });
    },
    prune(keep) {
      return inTurn(async () => {
        const needed = new Set<string>();
        for (const manifest of keep) {
          const { chunks, priorities } = checkedManifest(manifest);
          for (const { name } of chunks) needed.add(name);
          if (priorities) needed.add(priorities.file.name);
        }
        const names = await files.readdir(folder);
        const surplus = names.filter((name) => OWN_FILE.test(name) && !needed.has(name));
        const deleted = new Set(surplus);
        // Before the first is deleted, so that no later save builds on one of them.
        if (saved) saved = { ...saved, chunks: saved.chunks.filter(({ name }) => !deleted.has(name)) };
        for (const name of surplus) await files.unlink(path.join(folder, name));
        return surplus;
      }).catch(explain("can't delete from"));
    },
  };
}

const RESUME = 'Resume from an older checkpoint.';

/** What the file of a chunk has to hold. */
const partOf = (chunk: StoredChunk, manifest: ReplayManifest) => ({
  ...chunk,
  ...sizesOf(manifest),
  linked: manifest.lasts !== null,
});

const sizesOf = ({ observationSize, actionSize }: ReplayManifest | ReplayBufferState) => ({
  observationSize,
  actionSize,
});

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

// Only this level: Node 20's recursive mkdir never returns below a file system that refuses folders.
async function makeFolder(files: FileSystem, folder: string): Promise<void> {
  try {
    await files.mkdir(folder);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    return;
  }
  await flushFolder(path.dirname(folder), files);
}

function checkSizes(manifest: ReplayManifest, buffer: ReplayBuffer): void {
  for (const name of ['observationSize', 'actionSize'] as const) {
    if (manifest[name] === buffer[name]) continue;
    throw new RangeError(
      `replay: the checkpoint has ${name} = ${manifest[name]}, expected ${buffer[name]} as in the buffer. ` +
        'Make the buffer with the options of the run that was saved.',
    );
  }
  const held = manifest.added - oldestOf(manifest);
  if (held > buffer.capacity) {
    throw new RangeError(
      `replay: the checkpoint holds ${held} transitions, expected at most ${buffer.capacity}, the buffer's capacity. ` +
        'Make the buffer at least as large as what was saved.',
    );
  }
}

function adviceFor(error: unknown): string {
  const intact = 'What was saved before is intact.';
  if (codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT') {
    return `Free space on this disk, for instance by keeping fewer checkpoints. ${intact}`;
  }
  if (codeOf(error) === 'ENOENT') return `Make the folder above it first. ${intact}`;
  return `Give a folder that can be written to. ${intact}`;
}
