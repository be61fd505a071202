import { describe, expect, test } from 'vitest';

import { parsePeers, peersOf } from './peers.ts';
import type { PeerProgram } from './peers.ts';

const names = (programs: readonly PeerProgram[]) => programs.map(({ name }) => name);

describe('peers', () => {
  test('are named by commas', () => {
    expect(parsePeers('torch, jax')).toEqual(['torch', 'jax']);
    expect(() => parsePeers('torch,keras')).toThrow(
      '--peers can\'t be "torch,keras". Give one or more of torch, jax, separated by commas.',
    );
  });

  test.each(['sac', 'td3'] as const)(
    "of %s are two versions in PyTorch and one in JAX; the libraries' loops come beside",
    (algorithm) => {
      const { updates, loops } = peersOf(algorithm);
      expect(names(updates.torch)).toEqual(['torch (CleanRL)', 'torch (lean)']);
      expect(names(updates.jax)).toEqual(['jax']);
      expect(names(loops.torch)).toEqual(['torch (CleanRL)', 'torch (lean)', 'Stable-Baselines3']);
      expect(names(loops.jax)).toEqual(['sbx']);
    },
  );

  test('of SQL are two versions in PyTorch and one in JAX, whose loops no library has', () => {
    const { updates, loops } = peersOf('sql');
    expect(names([...updates.torch, ...updates.jax])).toEqual(['torch (authors)', 'torch (lean)', 'jax']);
    expect(names([...loops.torch, ...loops.jax])).toEqual(['torch (authors)', 'torch (lean)']);
  });

  test('of PPO are two versions in PyTorch, and the loops of libraries', () => {
    const { updates, loops } = peersOf('ppo');
    expect(names([...updates.torch, ...updates.jax])).toEqual(['torch (CleanRL)', 'torch (lean)']);
    expect(names([...loops.torch, ...loops.jax])).toEqual([
      'Stable-Baselines3',
      'Stable-Baselines3, a process for each environment',
      'sbx',
    ]);
  });
});
