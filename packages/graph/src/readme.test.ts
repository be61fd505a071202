import { readFile } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';

import * as ops from './ops/index.ts';
import { expectClose } from './testing/expect-close.ts';

const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8');

it('shows an example that fits the slope 2', async () => {
  expect(await read('../README.md')).toContain(
    `\`\`\`js\n${await read('./testing/readme-example.ts')}\`\`\`\n`,
  );
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await import('./testing/readme-example.ts');
  const printed: unknown = log.mock.lastCall?.[0];
  log.mockRestore();
  if (!(printed instanceof Float32Array)) expect.fail('the example printed no Float32Array');
  expectClose(printed, [2], 0.01);
});

it('lists every operator', async () => {
  const [, list = ''] = (await read('../README.md')).split('## Operators');
  const listed = new Set([...list.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect(Object.keys(ops).filter((name) => !listed.has(name))).toEqual([]);
});
