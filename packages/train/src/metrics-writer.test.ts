import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { recordingFiles } from '@meow-rl/files/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { checkLogPosition } from './loggers/check-log-position.ts';
import { metricsWriter } from './metrics-writer.ts';

const lines = async (path: string) =>
  (await readFile(path, 'utf8')).split('\n').map((line) => (line ? JSON.parse(line) : 'end'));

describe('metricsWriter', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meow-rl-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('writes one line per event in order, without progress, and all of them by close', async () => {
    const path = join(folder, 'new', 'metrics.jsonl');
    const writer = await metricsWriter(path);
    const numbers = Array.from({ length: 200 }, (_, step) => step);
    const writes = numbers.flatMap((step) => [
      writer.log({ type: 'metrics', step, note: 'x'.repeat(step) } as { type: string }),
      writer.log({ type: 'progress' }),
    ]);
    await writer.close();
    const written = await lines(path);
    expect(written.slice(0, 2)).toEqual([
      { type: 'metrics', step: 0, note: '' },
      { type: 'metrics', step: 1, note: 'x' },
    ]);
    expect(written.slice(0, -1).map(({ step }) => step)).toEqual(numbers);
    expect(written.at(-1)).toBe('end');
    await Promise.all(writes);
  });

  it('keeps warnings as they are', async () => {
    const path = join(folder, 'metrics.jsonl');
    const writer = await metricsWriter(path);
    const warning = { type: 'warning', step: 3, updates: 2, name: 'high', message: 'The loss is 5.' };
    await writer.log(warning);
    await writer.close();
    expect(await lines(path)).toEqual([warning, 'end']);
  });

  it('takes `..` in its path by name, where the folder before it is missing', async () => {
    const writer = await metricsWriter(`${folder}/missing/../made/metrics.jsonl`);
    await writer.log({ type: 'metrics' });
    await writer.close();
    expect(await lines(join(folder, 'made', 'metrics.jsonl'))).toEqual([{ type: 'metrics' }, 'end']);
  });

  it('is on the disk when its position is told, and when it is closed', async () => {
    const files = recordingFiles(folder);
    const writer = await metricsWriter(join(folder, 'new', 'metrics.jsonl'), { files });
    expect(files.done).toEqual(['mkdir new', 'sync .', 'create new/metrics.jsonl', 'sync new']);
    files.done.length = 0;
    await Promise.all([writer.log({ type: 'a' }), writer.position()]);
    await Promise.all([writer.log({ type: 'b' }), writer.close()]);
    const both = ['write new/metrics.jsonl', 'sync new/metrics.jsonl'];
    expect(files.done).toEqual([...both, ...both]);
  });

  it.each([
    [
      { type: 'evaluation', step: 40, returns: [1, 2, Number.NaN] },
      'returns.2 of the evaluation event at step 40 is NaN',
    ],
    [
      { type: 'metrics', step: 3, update: { loss: -Infinity } },
      'update.loss of the metrics event at step 3 is -Infinity',
    ],
    [
      { type: 'mine', a: [{ b: Infinity }] },
      'a.0.b of the mine event is Infinity, expected a finite number.',
    ],
  ])('refuses a number that is not finite: %o', async (event, problem) => {
    const path = join(folder, 'metrics.jsonl');
    const writer = await metricsWriter(path);
    await expect(writer.log(event)).rejects.toThrow(problem);
    await writer.log({ type: 'sound' });
    await writer.close();
    expect(await lines(path)).toEqual([{ type: 'sound' }, 'end']);
  });

  it('appends to what an earlier run wrote', async () => {
    const path = join(folder, 'metrics.jsonl');
    await writeFile(path, '{"type":"old"}\n');
    const writer = await metricsWriter(path);
    await writer.log({ type: 'new' });
    await writer.close();
    await writer.close();
    expect(await lines(path)).toEqual([{ type: 'old' }, { type: 'new' }, 'end']);
    await expect(writer.log({ type: 'late' })).rejects.toThrow(
      `${path} was written to after it had been closed.`,
    );
  });

  it('goes on at a position, without what came after it', async () => {
    const path = join(folder, 'metrics.jsonl');
    const first = await metricsWriter(path);
    await first.log({ type: 'kept' });
    const position = await first.position();
    expect(position).toEqual({ 'metrics.jsonl': 16 });
    await first.log({ type: 'lost' });
    await first.close();
    await appendFile(path, '{"type":"torn');
    const second = await metricsWriter(path, { position: { ...position, other: 3 } });
    await second.log({ type: 'new' });
    await second.close();
    expect(await lines(path)).toEqual([{ type: 'kept' }, { type: 'new' }, 'end']);

    await expect(metricsWriter(path, { position: { 'metrics.jsonl': 1000 } })).rejects.toThrow(
      `${path} has 31 bytes, expected at least 1000 as when the checkpoint was written.`,
    );
    await expect(metricsWriter(path, { position: { other: 3 } })).rejects.toThrow(
      'the position knows other, expected metrics.jsonl.',
    );
    expect(await lines(path)).toHaveLength(3);
  });

  it.skipIf(process.platform !== 'linux')('says that the disk is full, and closes all the same', async () => {
    const writer = await metricsWriter('/dev/full');
    const full = "can't write /dev/full: the disk is full. Make room, then resume the run.";
    await expect(writer.log({ type: 'a' })).rejects.toThrow(full);
    await expect(writer.log({ type: 'b' })).rejects.toThrow(full);
    await expect(writer.position()).rejects.toThrow(full);
    await expect(writer.close()).rejects.toThrow(full);
  });

  it('checks all files before any is cut back', async () => {
    const path = join(folder, 'metrics.jsonl');
    await writeFile(path, 'twelve bytes');
    await expect(checkLogPosition(folder, { 'metrics.jsonl': 12 })).resolves.toBeUndefined();
    for (const position of [{ 'metrics.jsonl': 13 }, { 'metrics.jsonl': 2, missing: 1 }])
      await expect(checkLogPosition(folder, position)).rejects.toThrow('as when the checkpoint was written');
    expect(await readFile(path, 'utf8')).toBe('twelve bytes');
  });

  it('says which path it cannot write', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const path = join(file, 'metrics.jsonl');
    await expect(metricsWriter(path)).rejects.toThrow(`can't write ${path}: `);
    await expect(metricsWriter(folder)).rejects.toThrow('Give a path in a folder you may write to.');
  });
});
