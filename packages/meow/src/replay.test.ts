import { expectClose } from '@meow-rl/nn/testing';
import { referenceRuntime } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { stateName, valueProgram } from '@meow-rl/learner';
import type { UpdatesFactory } from '@meow-rl/learner';
import { threadedUpdates } from '@meow-rl/learner/node';
import { randomValues } from '@meow-rl/learner/testing';
import { createGenerator } from '@meow-rl/random';
import { replayBuffer } from '@meow-rl/replay';
import type { TransitionBatch } from '@meow-rl/replay';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMeowAgent } from './index.ts';
import type { MeowAgent } from './index.ts';
import { SMALL, smallAlgorithm } from './testing/small.ts';

const sizes = { observationSize: 3, actionSize: 2 };
const ROWS = 24;
const STEPS = 3;
/** Of the agent's settings, and another one of the buffer: which of the two counts shows. */
const [GAMMA, DISCOUNT] = [0.7, 0.9];

/** Transitions of one environment: whole episodes of 4 steps that end by termination and by truncation in turn. */
function course(count: number) {
  const generator = createGenerator(5);
  const random = (length: number, bound: number) => {
    const values = new Float32Array(length);
    generator.fillUniform(values, -bound, bound);
    return values;
  };
  let observation = random(3, 1.5);
  return Array.from({ length: count }, (_, i) => {
    const done = i % 4 === 3;
    const next = random(3, 1.5);
    const step = {
      observation,
      action: random(2, 0.9),
      reward: random(1, 3)[0] ?? Number.NaN,
      next,
      done,
      terminated: i % 8 === 7,
    };
    observation = done ? random(3, 1.5) : next;
    return step;
  });
}

const steps = course(40);

/** A buffer with the course, whose transitions have errors that differ a lot. */
function filled(nStep: number) {
  const buffer = replayBuffer({
    capacity: 64,
    ...sizes,
    discount: DISCOUNT,
    nStep,
    seed: 1,
    prioritized: {},
  });
  for (const { observation, action, reward, next, done, terminated } of steps) {
    const one = {
      observations: observation,
      actions: action,
      rewards: Float32Array.of(reward),
      nextObservations: next,
      terminated: Uint8Array.of(Number(terminated)),
    };
    buffer.add(one, { rows: [0], done: [Number(done)] });
  }
  buffer.updatePriorities(
    steps.map((_, i) => i),
    steps.map((_, i) => 0.1 + (i % 7)),
  );
  return buffer;
}

/** By the definition: `R = Σ γᵏ rₖ` up to n steps or the episode's end, and the factor of the value there. */
function returnFrom(start: number, count: number) {
  let [sum, factor] = [0, 1];
  for (const { reward, next, done, terminated } of steps.slice(start, start + count)) {
    sum += factor * reward;
    factor *= DISCOUNT;
    if (done) return { sum, discount: terminated ? 0 : factor, next };
  }
  return { sum, discount: factor, next: steps[start + count - 1]?.next ?? new Float32Array(3) };
}

const algorithm = smallAlgorithm(sizes);

const agentWith = (updates: UpdatesFactory | undefined): Promise<MeowAgent> =>
  createMeowAgent({
    runtime: onnxRuntimeNode(),
    ...sizes,
    config: { ...SMALL, batchSize: ROWS, gamma: GAMMA },
    ...(updates && { updates }),
  });

/** V of the target's parameters. */
async function targetValues(agent: MeowAgent, observations: Float32Array): Promise<number[]> {
  const program = valueProgram(algorithm);
  if (!program) throw new Error('MEow has values');
  const values = await referenceRuntime.load(program);
  for (const { name, layout } of algorithm.groups)
    values.state.write(stateName(name, 'parameters'), layout.flatten(agent.targetParameters()));
  return Array.from((await values.run({ observation: observations })).value);
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** What an update must report of a batch whose targets are `y`. */
async function expectedUpdate(agent: MeowAgent, batch: TransitionBatch, y: readonly number[]) {
  // The batch holds latents.
  const { q1, q2 } = await agent.critic(batch.observations, batch.actions.map(Math.tanh));
  const errors = y.map((target, i) => [(q1[i] ?? 0) - target, (q2[i] ?? 0) - target] as const);
  return {
    meanTarget: mean(y),
    tdErrors: errors.map(([first, second]) => (Math.abs(first) + Math.abs(second)) / 2),
    loss: mean(
      errors.map(([first, second], i) => ((batch.weights?.[i] ?? 0) * (first ** 2 + second ** 2)) / 2),
    ),
  };
}

describe.each<[string, UpdatesFactory | undefined]>([
  ['in the calling thread', undefined],
  ['in two threads', threadedUpdates({ threads: 2 })],
  ['in three threads in the background', threadedUpdates({ threads: 3, background: true })],
])('updates %s from a prioritized buffer', (_, updates) => {
  let agent: MeowAgent;
  beforeAll(async () => {
    agent = await agentWith(updates);
  });
  afterAll(() => agent.dispose());

  it.each([
    ['of three steps', STEPS],
    ['of single steps', 1],
  ])('%s use its discounts and weights', async (__, nStep) => {
    agent.loadParameters(randomValues(algorithm, 1), randomValues(algorithm, 2));
    const batch = filled(nStep).sample(ROWS);
    const returns = Array.from(batch.indices ?? [], (index) => returnFrom(index, nStep));
    // Whole returns, ones that an end cuts short, and terminations: else the test would see little.
    const counts = returns.map(({ discount }) => Math.round(1000 * discount));
    expect(new Set(counts).size).toBe(nStep === STEPS ? 4 : 2);
    expect(new Set(batch.weights).size).toBeGreaterThan(3);

    const next = Float32Array.from(returns.flatMap((one) => [...one.next]));
    const values = await targetValues(agent, next);
    const y = returns.map(({ sum, discount }, i) => sum + discount * (values[i] ?? Number.NaN));
    const expected = await expectedUpdate(agent, batch, y);

    const { meanTarget, loss } = await agent.update(batch);
    expectClose([meanTarget ?? Number.NaN, loss ?? Number.NaN], [expected.meanTarget, expected.loss], 1e-5);
    expectClose(Array.from(agent.tdErrors()), expected.tdErrors, 1e-5);
  });
});
