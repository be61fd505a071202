import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

import { isLeftOut } from './testing/availability.ts';

const MUTATIONS = 500;
const script = fileURLToPath(new URL('testing/mutations-process.ts', import.meta.url));

describe.skipIf(isLeftOut)('models, operator codes and programs with something wrong', () => {
  // In a process of its own, which a crash would end: its output names the mutation.
  test(`${MUTATIONS} of them end in an error or in a result, never in a crash`, async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...process.execArgv, script, '0', String(MUTATIONS)],
      { maxBuffer: 2 ** 24 },
    ).catch((error: Error & { stdout?: string; signal?: string }) => {
      const at = error.stdout?.trimEnd().split('\n').at(-1);
      throw new Error(`the process ended at ${at} by ${error.signal ?? error.message}`, { cause: error });
    });
    for (const [line, least] of [
      [/^(\d+) refused$/m, 0.6],
      [/^(\d+) refused without the engine$/m, 0.6],
      // Where something lies may be changed.
      [/^(\d+) programs refused$/m, 0.4],
    ] as const) {
      const refused = Number(line.exec(stdout)?.[1]);
      // Some mutations are harmless, as those of names.
      expect(refused).toBeGreaterThan(least * MUTATIONS);
      expect(refused).toBeLessThan(MUTATIONS);
    }
  });
});
