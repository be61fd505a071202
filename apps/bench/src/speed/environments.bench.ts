/**
 * How the training loop grows with its environments: MEow with one update of a batch of 256 for each step of all of them, and where that time
 * goes.
 *
 *     node --conditions=@meow-rl/source --import ./scripts/typescript.mjs apps/bench/src/speed/environments.bench.ts Pendulum-v1 64,1024,4096
 *
 * `rest` is what neither acts nor steps nor updates: collecting transitions, adding them, counting episodes.
 */
import { replayBuffer } from '@meow-rl/replay';
import { trainOffPolicy } from '@meow-rl/train';

import { identifyEnvironment, makeVectorEnvironment } from '../environments/environments.ts';
import { createMeasuredAgent } from './measured-agent.ts';

const [id = 'Pendulum-v1', counts = '64,256,1024,4096'] = process.argv.slice(2);
const STEPS = 300;
const NOT_COUNTED = 30;

async function measure(numEnvs: number): Promise<void> {
  const begun = performance.now();
  const env = await makeVectorEnvironment(await identifyEnvironment({ env: id }), {
    numEnvs,
    workers: 0,
    rescaleActions: true,
  });
  const made = (performance.now() - begun) / 1000;
  const sizes = { observationSize: env.singleObservationSpace.size, actionSize: env.singleActionSpace.size };
  const agent = await createMeasuredAgent(
    { algorithm: 'meow', ...sizes, batchSize: 256, threads: 1, seed: 0, engine: 'fused' },
    'workers',
  );
  const spent = { act: 0, step: 0, update: 0 };
  let steps = 0;
  let from = Number.NaN;
  const clocked =
    <A extends readonly unknown[], R>(part: keyof typeof spent, work: (...args: A) => R | Promise<R>) =>
    async (...args: A): Promise<R> => {
      const start = performance.now();
      const result = await work(...args);
      if (steps >= NOT_COUNTED) spent[part] += performance.now() - start;
      return result;
    };
  const { replayed } = agent;
  const step = clocked('step', env.step);
  await trainOffPolicy({
    agent: {
      ...agent,
      act: clocked('act', agent.act),
      update: clocked('update', agent.update),
      ...(replayed && { replayed: { ...replayed, explore: clocked('act', replayed.explore) } }),
    },
    env: {
      ...env,
      step: (actions) => {
        steps += 1;
        if (steps === NOT_COUNTED) from = performance.now();
        return step(actions);
      },
    },
    replay: replayBuffer({ capacity: 1_000_000, ...sizes, discount: 0.99, seed: 0 }),
    steps: numEnvs * STEPS,
    warmup: numEnvs,
    updatesPerStep: 1 / numEnvs,
    seed: 0,
  });
  const all = performance.now() - from;
  const stateBegun = performance.now();
  const state = JSON.stringify(await env.state());
  const saved = performance.now() - stateBegun;
  const rest = all - spent.act - spent.step - spent.update;
  const each = (part: number) => (part / (STEPS - NOT_COUNTED)).toFixed(2);
  console.log(
    `${id}, ${numEnvs} environments: made in ${made.toFixed(2)} s; ms of a step of all: act ${each(spent.act)}, step ${each(spent.step)}, ` +
      `update ${each(spent.update)}, rest ${each(rest)}; ${((1000 * numEnvs * (STEPS - NOT_COUNTED)) / all).toFixed(0)} environment steps/s; ` +
      `state ${(state.length / 1e6).toFixed(2)} MB in ${saved.toFixed(0)} ms; ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`,
  );
  await agent.dispose();
  env.close();
}

for (const count of counts.split(',')) await measure(Number(count));
