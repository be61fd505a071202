import { builtinEnvs } from '@meow-rl/envs';
import { expect, it, vi } from 'vitest';

import { makeVectorEnv } from './make-vector-env.ts';

vi.mock('./registry.ts', () => ({
  registry: () => {
    throw new Error('MuJoCo is loaded');
  },
}));

it.each(Object.keys(builtinEnvs))('%s needs no MuJoCo', async (id) => {
  const env = await makeVectorEnv(id, 2);
  expect(env.numEnvs).toBe(2);
  await env.close();
  await expect(makeVectorEnv('Hopper-v5', 2, { workers: 0 })).rejects.toThrow('MuJoCo is loaded');
});
