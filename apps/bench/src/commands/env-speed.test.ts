import { describe, expect, it } from 'vitest';
import { bench } from '../testing/run-bench.ts';

const quick = ['--seconds', '0.02', '--rounds', '1', '--num-envs', '2', '--python', 'no-such-python'];

describe('env-speed', () => {
  it('measures the tasks named, and says why Gymnasium is missing', async () => {
    const { code, out } = await bench(
      'env-speed',
      '--envs',
      'InvertedPendulum-v5,Hopper-v4',
      ...quick,
      '--json',
    );
    expect(code).toBe(0);
    const { rows } = JSON.parse(out);
    expect(rows.map(({ id }: { id: string }) => id)).toEqual(['InvertedPendulum-v5', 'Hopper-v4']);
    for (const { thread, vector, gymnasium } of rows) {
      expect(thread.ratio).toBeGreaterThan(0);
      expect(thread.env / thread.bare).toBeCloseTo(thread.ratio, 6);
      expect(vector.all / vector.one).toBeCloseTo(vector.scaling, 6);
      expect(gymnasium.error).toMatch(/no-such-python/);
    }
  });

  it('refuses a task that there is not', async () => {
    const { code, err } = await bench('env-speed', '--envs', 'HalfChetah-v5');
    expect(code).toBe(2);
    expect(err).toMatch(/there is no MuJoCo task HalfChetah-v5\. Did you mean HalfCheetah-v5\?/);
  });
});
