import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { temporaryFolder } from '../testing/temporary.ts';
import { readEvents } from './read-events.ts';

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
    expect(await readEvents(path)).toEqual(events);
  });

  it.each([
    '{"type":"progress","step":1}',
    '{"type":"warnings","step":1}',
    '{"step":1}',
    'null',
    '{"type":"wa',
  ])('refuses a line that is no such event: %s', async (line) => {
    const path = await fileOf('{"type":"episode","step":3}', line);
    await expect(readEvents(path)).rejects.toThrow(`line 2 of ${path} is damaged`);
  });
});
