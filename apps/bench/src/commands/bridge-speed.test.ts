import { describe, expect, test } from 'vitest';

import { findPython } from '../../../../scripts/find-python.mjs';
import { bench } from '../testing/run-bench.ts';

const python = findPython() ?? '';
const quick = ['--seconds', '0.1', '--rounds', '1', '--num-envs', '2', '--python', python];

describe.skipIf(!python)('bridge-speed', () => {
  test('measures a simulator through the bridge and in Python itself', async () => {
    const { code, out } = await bench('bridge-speed', '--env', 'gym:Hopper-v5', ...quick, '--json');
    expect(code).toBe(0);
    const measured = JSON.parse(out);
    expect(measured).toMatchObject({ task: 'gym:Hopper-v5', numEnvs: 2 });
    expect(measured.ratio).toBeCloseTo(measured.bridge / measured.python, 9);
    expect(measured.bridge).toBeGreaterThan(10);
    expect(measured.roundTripMicroseconds).toBeGreaterThan(1);
    expect(measured.versions.gymnasium).toMatch(/^\d/);
  });

  test('refuses what is no simulator, or can’t be made', async () => {
    expect((await bench('bridge-speed', '--env', 'Hopper-v5', ...quick)).err).toContain(
      'Hopper-v5 is no simulator that a server is started for',
    );
    expect((await bench('bridge-speed', '--env', 'gym:No-such-v0', ...quick)).err).toContain('No-such');
  });
});
