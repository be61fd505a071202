import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { main } from '../cli/main.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'meow-demo-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function demo(
  seed: number,
): Promise<{ reachedByGoal: number[]; valueErrorExact: number; verifyMaxError: number }> {
  const out = path.join(folder, String(seed));
  const io = { stdout: process.stdout, stderr: process.stderr };
  expect(await main(['demo', '--seed', String(seed), '--out', out, '--quiet'], io)).toBe(0);
  return JSON.parse(await readFile(path.join(out, 'summary.json'), 'utf8'));
}

describe('the demo reaches all four goals', () => {
  test.each([0, 1, 2, 3, 4])('seed %d', async (seed) => {
    const { reachedByGoal, valueErrorExact, verifyMaxError } = await demo(seed);
    const reached = reachedByGoal.reduce((total, count) => total + count, 0);
    expect(reached).toBeGreaterThanOrEqual(380);
    for (const count of reachedByGoal) expect(count).toBeGreaterThanOrEqual(40);
    expect(valueErrorExact).toBeLessThan(0.05);
    expect(verifyMaxError).toBeLessThan(1e-5);
  });
});
