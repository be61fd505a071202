import { fileURLToPath } from 'node:url';

import { describeVectorEnv } from '@meow-rl/envs/testing';
import { createGenerator } from '@meow-rl/random';
import { describe, expect, it, onTestFinished } from 'vitest';

import { findPython } from '../../../scripts/find-python.mjs';
import { isaacVectorEnv } from './isaac-vector-env.ts';
import { playTrajectory } from './testing/play-trajectory.ts';
import { runPython } from './testing/run-python.ts';

const python = findPython();
const script = fileURLToPath(new URL('../fixtures/trajectory.py', import.meta.url));

describe.skipIf(!python)('isaacVectorEnv, to the server in Python', () => {
  describeVectorEnv('isaacVectorEnv, of Gymnasium', {
    modes: ['next-step', 'same-step', 'disabled'],
    steps: 60,
    make: (autoresetMode) =>
      isaacVectorEnv({
        launch: {
          ...(python !== undefined && { python }),
          task: 'gym-vector:Hopper-v5',
          numEnvs: 3,
          autoresetMode,
        },
      }),
    restorable: false,
  });

  // One environment after the other, which can be saved.
  describeVectorEnv('isaacVectorEnv, of Gymnasium without its vector', {
    modes: ['next-step', 'same-step', 'disabled'],
    steps: 60,
    make: (autoresetMode) =>
      isaacVectorEnv({
        launch: { ...(python !== undefined && { python }), task: 'gym:Hopper-v5', numEnvs: 3, autoresetMode },
      }),
  });

  describeVectorEnv('isaacVectorEnv, of EnvPool', {
    modes: ['next-step'],
    steps: 60,
    make: () =>
      isaacVectorEnv({
        launch: { ...(python !== undefined && { python }), task: 'envpool:Hopper-v5', numEnvs: 3 },
      }),
    restorable: false,
  });

  it('takes any seed of a run, of EnvPool too', async () => {
    const env = await isaacVectorEnv({
      launch: { ...(python !== undefined && { python }), task: 'envpool:Hopper-v5', numEnvs: 2 },
    });
    onTestFinished(() => env.close());
    const first = async (seed: number) => [...(await env.reset({ seed })).observations];
    const large = await first(2 ** 32 - 1);
    expect(await first(-1)).toEqual(large);
    expect(await first(2 ** 31 - 2)).toEqual(await first(0));
    expect(await first(2 ** 31 - 3)).not.toEqual(large);
  });

  describe.each([
    ['gym-vector:Hopper-v5', 'next-step', 64],
    ['gym-vector:Hopper-v5', 'same-step', 64],
    ['gym-vector:Hopper-v5', 'disabled', 64],
    ['envpool:Hopper-v5', 'next-step', 8],
  ] as const)('%s, %s, %i rows', (task, mode, rows) => {
    it('gives the trajectory of Python bit for bit', async () => {
      const [steps, seed, act] = [40, 7, 3];
      const actions = new Float32Array(steps * rows * act);
      createGenerator(3).fillUniform(actions, -1, 1);
      const env = await isaacVectorEnv({
        launch: {
          ...(python !== undefined && { python }),
          task,
          numEnvs: rows,
          ...(task.startsWith('gym') && { autoresetMode: mode }),
          args: task.startsWith('envpool') ? ['--seed', String(seed)] : [],
        },
      });
      onTestFinished(() => env.close());
      const { values, terminations, truncations } = await playTrajectory(env, actions, seed);
      const bytes = await runPython(
        python ?? '',
        [script, task, mode, String(rows), String(seed)],
        new Uint8Array(actions.buffer),
      );
      const expected = new Float64Array(Uint8Array.from(bytes).buffer);
      expect(expected).toHaveLength(values.length);
      expect(values).toEqual(expected);
      expect(terminations + truncations).toBeGreaterThan(mode === 'next-step' && rows === 8 ? 3 : 30);
    });
  });
});
