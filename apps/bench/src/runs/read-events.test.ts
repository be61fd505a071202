import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { temporaryFolder } from '../testing/temporary.ts';
import { allEvents, readEvents } from './read-events.ts';

async function fileOf(...lines: readonly string[]): Promise<string> {
  const path = join(await temporaryFolder(), 'metrics.jsonl');
  await writeFile(path, lines.map((line) => `${line}\n`).join(''));
  return path;
}

describe('readEvents', () => {
  it('reads every kind of event that a log keeps', async () => {
    const events = [
      { type: 'metrics', step: 1 },
      { type: 'evaluation', step: 2 },
      { type: 'episode', step: 3 },
      { type: 'warning', step: 4, updates: 2, name: 'entropyAboveBound', message: 'It is.' },
    ];
    const path = await fileOf(...events.map((event) => JSON.stringify(event)));
    expect(await allEvents(path)).toEqual(events);
  });

  it.each([
    '{"type":"progress","step":1}',
    '{"type":"warnings","step":1}',
    '{"step":1}',
    'null',
    '{"type":"wa',
  ])('refuses a line that is no such event: %s', async (line) => {
    const path = await fileOf('{"type":"episode","step":3}', line);
    await expect(allEvents(path)).rejects.toThrow(`line 2 of ${path} is damaged`);
  });

  it('reads a log of many chunks up to a position, which may be at its beginning', async () => {
    const message = 'über '.repeat(30);
    const events = Array.from({ length: 2000 }, (_, i) => ({ type: 'warning', step: i, message }));
    const lines = events.map((event) => JSON.stringify(event));
    const path = await fileOf(...lines);
    expect(await allEvents(path)).toEqual(events);
    const bytes = Buffer.byteLength(`${lines.slice(0, 1500).join('\n')}\n`);
    const read: unknown[] = [];
    for await (const event of readEvents(path, bytes)) read.push(event);
    expect(read).toEqual(events.slice(0, 1500));
    for await (const event of readEvents(path, 0)) expect(event).toBe('none');
  });

  it('names a line that is damaged by its place in the file', async () => {
    const path = await fileOf('{"type":"episode","step":3}', '', '#');
    await expect(allEvents(path)).rejects.toThrow(`line 3 of ${path} is damaged`);
  });
});
