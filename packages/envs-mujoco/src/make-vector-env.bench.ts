// Steps per second of vector environments in this thread and in workers, taken in turn. From the repository's root:
// node --conditions=@meow-rl/source --import ./scripts/typescript.mjs packages/envs-mujoco/src/make-vector-env.bench.ts
import { createGenerator } from '@meow-rl/random';

import { makeVectorEnv } from './make-vector-env.ts';

const ROUNDS = 7;
const MILLISECONDS = 400;

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

console.log(
  'task, n: environment steps/s in the best turn here, with 1 worker, with 2; ratios of the best (of turns, median)',
);
for (const id of process.argv[2]?.split(',') ?? ['HalfCheetah-v5', 'Hopper-v5', 'Ant-v5', 'Humanoid-v5']) {
  for (const numEnvs of [8, 16, 64]) {
    const envs = await Promise.all(
      [0, 1, 2].map((workers) => makeVectorEnv(id, numEnvs, { workers, autoresetMode: 'same-step' })),
    );
    const speeds: number[][] = [];
    for (const env of envs) await env.reset({ seed: 0 });
    for (let round = 0; round < ROUNDS; round += 1) {
      const speed: number[] = [];
      for (const env of envs) {
        const generator = createGenerator(round);
        const actions = new Float64Array(numEnvs * env.singleActionSpace.size);
        const bound = env.singleActionSpace.high[0] ?? 1;
        const start = performance.now();
        let steps = 0;
        while (performance.now() - start < MILLISECONDS) {
          generator.fillUniform(actions, -bound, bound);
          await env.step(actions);
          steps += numEnvs;
        }
        speed.push((1000 * steps) / (performance.now() - start));
      }
      speeds.push(speed);
    }
    for (const env of envs) await env.close();
    const of = (index: number) => speeds.map((speed) => speed[index] ?? Number.NaN);
    const best = [0, 1, 2].map((index) => Math.max(...of(index)));
    const ratios = (a: number, b: number) => {
      const inTurn = speeds.map((speed) => (speed[a] ?? Number.NaN) / (speed[b] ?? Number.NaN));
      const ofBest = (best[a] ?? Number.NaN) / (best[b] ?? Number.NaN);
      return `${ofBest.toFixed(2)} (${median(inTurn).toFixed(2)})`;
    };
    const numbers = best.map((speed) => Math.round(speed)).join(', ');
    console.log(
      `${id}, ${numEnvs}: ${numbers}; 1/here ${ratios(1, 0)}, 2/here ${ratios(2, 0)}, 2/1 ${ratios(2, 1)}`,
    );
  }
}
