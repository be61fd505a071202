import { describe, expect, it } from 'vitest';

import { composeLoggers } from './run-logger.ts';
import type { RunLogger } from './run-logger.ts';

const event = { type: 'progress', step: 1, steps: 2, updates: 0, episodes: 0 } as const;

describe('composeLoggers', () => {
  it('hands events to all, joins positions, closes all', async () => {
    const seen: string[] = [];
    const file = (name: string, bytes: number): RunLogger => ({
      log: async ({ step }) => void seen.push(`${name} ${step}`),
      position: async () => ({ [name]: bytes }),
      close: () => void seen.push(`${name} closed`),
    });
    const dashboard: RunLogger = { log: () => void seen.push('dashboard'), close: () => {} };
    const logger = composeLoggers([file('a', 3), dashboard, file('b', 5)]);
    await logger.log(event);
    expect(await logger.position()).toEqual({ a: 3, b: 5 });
    await logger.close();
    expect(seen).toEqual(['a 1', 'dashboard', 'b 1', 'a closed', 'b closed']);
  });

  it('closes the others when one fails, and passes failures on', async () => {
    let closed = false;
    const broken: RunLogger = {
      log: () => Promise.reject(new Error('disk full')),
      close: () => {
        throw new Error('still full');
      },
    };
    const logger = composeLoggers([broken, { log: () => {}, close: () => void (closed = true) }]);
    await expect(logger.log(event)).rejects.toThrow('disk full');
    await expect(logger.close()).rejects.toThrow('still full');
    expect(closed).toBe(true);
  });
});
