import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { decodeSafetensors } from '@meow-rl/safetensors';
import { describe, expect, it, onTestFinished } from 'vitest';

import { isaacVectorEnv } from './isaac-vector-env.ts';
import { playTrajectory } from './testing/play-trajectory.ts';
import { runPython } from './testing/run-python.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';

const reference = fileURLToPath(new URL('../python/tests/isaac_reference.py', import.meta.url));
const [ROWS, STEPS, SEED] = [16, 200, 7];

/** Python that Isaac Lab is installed for. */
const python = process.env['ISAAC_PYTHON'] ?? '';

/** What Isaac Lab gave in Python without the bridge, in the order of {@link playTrajectory}, and the actions. */
async function expectedOf(file: string) {
  const { tensors } = decodeSafetensors(await readFile(file));
  const dataOf = (name: string) => tensors[name]?.data ?? new Float32Array();
  const stepOf = (name: string, step: number) => {
    const data = dataOf(name);
    return data.subarray((step * data.length) / STEPS, ((step + 1) * data.length) / STEPS);
  };
  const values: number[] = [...dataOf('first')];
  for (let step = 0; step < STEPS; step += 1) {
    const [terminated, truncated] = [stepOf('terminated', step), stepOf('truncated', step)];
    const last = stepOf('final', step);
    const width = last.length / ROWS;
    const finals = last.map((x, entry) => {
      const row = Math.floor(entry / width);
      return terminated[row] === 1 || truncated[row] === 1 ? x : 0;
    });
    values.push(...stepOf('observations', step), ...stepOf('rewards', step));
    values.push(...terminated, ...truncated, ...finals);
  }
  const width = dataOf('first').length / ROWS;
  return { actions: dataOf('actions'), values: Float64Array.from(values), width };
}

describe.each([
  ['Isaac-Ant-Direct', true],
  ['Isaac-Ant', true],
  // Random humanoids fall before their time is up.
  ['Isaac-Humanoid-Direct', false],
] as const)('isaacVectorEnv, of the real Isaac Lab 3, %s', (task, isTruncated) => {
  it('gives the trajectory of Python bit for bit', async () => {
    const file = path.join(await temporaryFolder(), 'reference.safetensors');
    await runPython(
      python,
      [reference, task, String(ROWS), String(STEPS), String(SEED), file],
      new Uint8Array(),
    );
    const { actions, values, width } = await expectedOf(file);
    // As the reference does: a spread of first episodes gives truncations within these steps.
    const env = await isaacVectorEnv({
      launch: {
        python,
        task: `isaac:${task}`,
        numEnvs: ROWS,
        args: ['--seed', String(SEED), '--device', 'cpu', '--spread-episodes'],
      },
    });
    onTestFinished(() => env.close());
    expect(env.hello).toMatchObject({
      task: `isaac:${task}`,
      autoresetMode: 'same-step',
      finalObservations: true,
      restorable: false,
    });
    expect(env.singleObservationSpace.size).toBe(width);
    expect(new Set(env.singleActionSpace.high)).toEqual(new Set([1]));
    const played = await playTrajectory(env, actions, SEED);
    expect(values).toHaveLength(ROWS * width + STEPS * ROWS * (2 * width + 3));
    expect(played.values).toEqual(values);
    expect(played.terminations).toBeGreaterThan(0);
    expect(played.truncations > 0).toBe(isTruncated);
    console.log(
      `${task}: ${values.length} numbers equal, ${played.terminations} terminations, ${played.truncations} truncations`,
    );
  });
});
