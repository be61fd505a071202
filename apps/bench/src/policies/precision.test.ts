import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { bench } from '../testing/run-bench.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meow-precision-'));
  const { code, err } = await bench(
    'train',
    '--env',
    'MultiGoal-v0',
    '--steps',
    '60',
    '--warmup',
    '30',
    '--batch-size',
    '16',
    '--no-tensorboard',
    '--out',
    join(folder, 'run'),
    '--quiet',
  );
  expect(code, err).toBe(0);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('export --precision', () => {
  test.each([
    ['float16', 1e-6, 0.01],
    ['int8', 1e-5, 0.1],
  ])('%s writes smaller files, and how far they are from the agent', async (precision, least, most) => {
    const out = join(folder, precision);
    const { code, out: printed } = await bench(
      'export',
      join(folder, 'run'),
      '--precision',
      precision,
      '--out',
      out,
      '--json',
    );
    expect(code).toBe(0);
    const { files, ...about } = JSON.parse(printed);
    expect(about).toMatchObject({ precision, step: 60 });
    expect(files.map(({ kind }: { kind: string }) => kind)).toEqual(['policy', 'stochastic', 'critic']);
    expect(files[0].meanError).toBeGreaterThan(least);
    expect(files[0].maxError).toBeLessThan(most);
    const [small, whole] = [join(out, 'policy.onnx'), join(folder, 'run', 'policy', 'policy.onnx')];
    expect((await stat(small)).size).toBeLessThan(0.7 * (await stat(whole)).size);
    const { out: shown } = await bench('inspect', small, '--json');
    expect(JSON.parse(shown)).toMatchObject({ precision, measured: { max_error: files[0].maxError } });
  });

  test('refuses others, and names those that there are', async () => {
    const { code, err } = await bench('export', join(folder, 'run'), '--precision', 'float64');
    expect(code).toBe(2);
    expect(err).toContain('--precision can\'t be "float64". Give one of float32, float16, int8');
    const { out } = await bench('export', '--help');
    expect(out).toContain('--precision <float32|float16|int8>');
  });
});
