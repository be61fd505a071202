import { appendFile, mkdtemp, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { recordingFiles } from '@meow-rl/files/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { TrainEvent } from '../events.ts';
import { decodeEvent, encodeEvent } from './event.ts';
import { decodeTensorBoard } from './read.ts';
import { decodeRecords, encodeRecord } from './record.ts';
import { tensorBoardWriter } from './writer.ts';

const now = () => 1_700_000_000_500;
const steps = async (path: string) =>
  decodeTensorBoard(await readFile(path)).map(({ step, scalars }) => [step, scalars['a']]);
const mask = (crc: number) => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('records', () => {
  // e3069283 is the published check value of CRC32C, of the text 123456789.
  it('are framed with masked checksums', () => {
    const data = new TextEncoder().encode('123456789');
    const record = encodeRecord(data);
    const view = new DataView(record.buffer);
    expect(record.length).toBe(12 + 9 + 4);
    expect(view.getBigUint64(0, true)).toBe(9n);
    expect(view.getUint32(21, true)).toBe(mask(0xe3069283));
    expect([...decodeRecords(record)].map(hex)).toEqual([hex(data)]);
  });

  it('that are cut short or damaged are refused with their place', () => {
    const two = Buffer.concat([encodeRecord(new Uint8Array(5)), encodeRecord(Uint8Array.of(1, 2, 3))]);
    expect([...decodeRecords(two)]).toHaveLength(2);
    for (let length = 22; length < two.length; length += 1) {
      expect(() => [...decodeRecords(two.subarray(0, length), 'f')]).toThrow(
        'f: the record at byte 21 is cut',
      );
    }
    // Room for the header and nothing behind it.
    const announced = encodeRecord(new Uint8Array(5)).subarray(0, 12);
    expect(() => [...decodeRecords(announced)]).toThrow('byte 0 is cut short, 12 bytes are left');
    for (const at of [0, 9, 14, 18]) {
      const bad = Uint8Array.from(two);
      bad[at] = (bad[at] ?? 0) ^ 4;
      expect(() => [...decodeRecords(bad)]).toThrow('records: the record at byte 0 ');
    }
  });
});

describe('events', () => {
  it('are the protobuf bytes of tensorflow.Event', () => {
    const version = encodeEvent({ wallTime: 1, step: 0, fileVersion: 'brain.Event:2', scalars: {} });
    expect(hex(version)).toBe(`09000000000000f03f10001a0d${hex(new TextEncoder().encode('brain.Event:2'))}`);
    const scalar = encodeEvent({ wallTime: 1, step: 300, scalars: { a: 0.5 } });
    // summary { value { tag: "a", simple_value: 0.5 } }
    expect(hex(scalar)).toBe('09000000000000f03f10ac022a0a0a080a0161150000003f');
  });

  it('come back, zeros included, in float32', () => {
    const event = { wallTime: 1.7e9 + 0.25, step: 2 ** 40, scalars: { zero: 0, 'a/b': -1.5, big: 3e38 } };
    const back = decodeEvent(encodeEvent(event));
    expect(back).toEqual({ ...event, scalars: { zero: 0, 'a/b': -1.5, big: Math.fround(3e38) } });
  });
});

describe('tensorBoardWriter', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meow-rl-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is on the disk when its position is told, and when it is closed', async () => {
    const files = recordingFiles(folder);
    const writer = await tensorBoardWriter(folder, { files, now: () => 5000 });
    const name = basename(writer.path);
    await writer.position();
    await Promise.all([writer.scalars(1, { loss: 2 }), writer.close()]);
    expect(files.done).toEqual([
      `create ${name}`,
      'sync .',
      `write ${name}`,
      `sync ${name}`,
      `write ${name}`,
      `sync ${name}`,
    ]);
  });

  it('writes a run’s events under their names', async () => {
    const writer = await tensorBoardWriter(join(folder, 'new', 'run'), { now });
    const events: TrainEvent[] = [
      {
        type: 'metrics',
        step: 100,
        updates: 50,
        episodes: 0,
        update: { loss: 0.25 },
        time: { seconds: 2, stepsPerSecond: 50 },
      },
      { type: 'episode', step: 150, environment: 0, return: -8, length: 150, terminated: true },
      {
        type: 'evaluation',
        step: 200,
        updates: 150,
        actions: 'deterministic',
        returns: [1, 3],
        lengths: [10, 10],
        terminated: [true, false],
        mean: 2,
        standardDeviation: 1,
        time: { seconds: 4, duration: 0.5 },
      },
      { type: 'warning', step: 200, updates: 150, name: 'high', message: 'The loss is high.' },
      { type: 'progress', step: 200, steps: 400, updates: 150, episodes: 1 },
    ];
    for (const event of events) await writer.log(event);
    await writer.close();
    expect(await readdir(join(folder, 'new', 'run'))).toEqual([
      `events.out.tfevents.1700000000.meow-rl.${process.pid}`,
    ]);
    const wallTime = 1_700_000_000.5;
    expect(decodeTensorBoard(await readFile(writer.path))).toEqual([
      { wallTime, step: 0, fileVersion: 'brain.Event:2', scalars: {} },
      {
        wallTime,
        step: 100,
        scalars: {
          'train/updates': 50,
          'train/episodes': 0,
          'update/loss': 0.25,
          'time/seconds': 2,
          'time/steps_per_second': 50,
        },
      },
      { wallTime, step: 150, scalars: { 'train/episode_return': -8, 'train/episode_length': 150 } },
      {
        wallTime,
        step: 200,
        scalars: {
          'evaluation/deterministic_mean_return': 2,
          'evaluation/deterministic_standard_deviation': 1,
          'evaluation/deterministic_terminated': 0.5,
          'time/evaluation_seconds': 0.5,
        },
      },
    ]);
  });

  it('goes on at a position, without what came after it, half a record included', async () => {
    const first = await tensorBoardWriter(folder, { now });
    await first.scalars(1, { a: 1 });
    const position = await first.position();
    await first.scalars(2, { a: 2 });
    await first.close();
    await appendFile(first.path, Uint8Array.of(7, 7, 7));

    const second = await tensorBoardWriter(folder, { position });
    expect(second.path).toBe(first.path);
    expect(await second.position()).toEqual(position);
    await second.scalars(2, { a: 20 });
    await second.close();
    expect(await steps(first.path)).toEqual([
      [0, undefined],
      [1, 1],
      [2, 20],
    ]);
  });

  it('begins a new file where the position knows none, and refuses one that is too short', async () => {
    const writer = await tensorBoardWriter(folder, { now, position: { 'metrics.jsonl': 10 } });
    const position = await writer.position();
    await writer.close();
    expect(await steps(writer.path)).toEqual([[0, undefined]]);
    await truncate(writer.path, 10);
    await expect(tensorBoardWriter(folder, { position })).rejects.toThrow(
      'has 10 bytes, expected at least 42 as when the checkpoint was written.',
    );
  });

  it('refuses what is no finite 32-bit float, and steps that are no numbers of steps', async () => {
    const writer = await tensorBoardWriter(folder);
    const refused = 'expected a finite 32-bit float, as event files hold.';
    await expect(writer.scalars(3, { fine: 1, a: Number.NaN })).rejects.toThrow(
      `tensorBoardWriter: a at step 3 is NaN, ${refused} Find out where it comes from`,
    );
    await expect(writer.scalars(3, { 'train/scale': 1e39 })).rejects.toThrow(
      `tensorBoardWriter: train/scale at step 3 is 1e+39, ${refused} Scale it down, or log its logarithm.`,
    );
    await expect(writer.scalars(0.5, { a: 1 })).rejects.toThrow('step is 0.5, expected a whole number.');
    await writer.close();
    expect(await steps(writer.path)).toHaveLength(1);
  });
});
