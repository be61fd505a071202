import { compute, expectClose } from '@meow-rl/nn/testing';
import { concat, grad, referenceRuntime, sum } from '@meow-rl/graph';
import type { ParameterValues } from '@meow-rl/graph';
import { criticProgram, valueProgram } from '@meow-rl/learner';
import type { Algorithm } from '@meow-rl/learner';
import { randomBatch, randomValues, stageRunner } from '@meow-rl/learner/testing';
import type { StageRunner } from '@meow-rl/learner/testing';
import type { TransitionBatch } from '@meow-rl/replay';
import { describe, expect, it } from 'vitest';

import { softTarget } from './index.ts';
import type { MeowConfig } from './index.ts';
import { smallAlgorithm, smallNetworks } from './testing/small.ts';

const sizes = { observationSize: 2, actionSize: 2 };
const model = (config: Partial<MeowConfig> = {}) => smallAlgorithm(sizes, config);

const inputsOf = (batch: TransitionBatch, dropoutOffsets: readonly number[] = [], gamma = 0.9) => ({
  observation: batch.observations,
  action: batch.actions,
  reward: batch.rewards,
  nextObservation: batch.nextObservations,
  discount: Array.from(batch.terminated, (ended) => gamma * (1 - ended)),
  weight: Array.from(batch.rewards, () => 1),
  'noise/dropoutOffsets': dropoutOffsets,
});

/** MEow's one training stage on some parameters. */
async function learnerOf(
  algorithm: Algorithm,
  parameters: ParameterValues,
  target = parameters,
): Promise<
  StageRunner & { readonly update: (inputs: ReturnType<typeof inputsOf>) => ReturnType<StageRunner['run']> }
> {
  const learner = await stageRunner(algorithm, referenceRuntime);
  learner.write(parameters, target);
  return { ...learner, update: (inputs) => learner.run(0, inputs) };
}

const first = (values: ArrayLike<number> | undefined): number => values?.[0] ?? Number.NaN;

/** All numbers of some parameters, in order. */
const flat = (values: ParameterValues): number[] =>
  Object.values(values).flatMap(({ data }) => Array.from(data));

/** V of states with some parameters. */
async function valuesOf(
  algorithm: Algorithm,
  { state }: StageRunner,
  observation: Float32Array,
): Promise<number[]> {
  const program = valueProgram(algorithm);
  if (!program) throw new Error('MEow has values');
  const values = await referenceRuntime.load(program, { state });
  return Array.from((await values.run({ observation })).value);
}

/** Parameters of which both shifts are the same. */
const withTwins = (values: ParameterValues): ParameterValues =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, values[name.replace('shift2', 'shift1')] ?? value]),
  );

const mean = (values: readonly number[]): number => values.reduce((total, x) => total + x, 0) / values.length;

const vector = (data: readonly number[]) => ({ shape: [data.length], data });

describe('softTarget', () => {
  const given = { reward: vector([1, 2]), discount: vector([0.9, 0]), nextValue: vector([10, 10]) };

  it('bootstraps where the episode goes on and nowhere else', async () => {
    const { y } = await compute(given, ({ reward, discount, nextValue }) => ({
      y: softTarget(reward, discount, nextValue),
    }));
    expectClose(y, [10, 2], 1e-12);
  });

  it('passes no gradient', async () => {
    const gradient = compute(given, ({ reward, discount, nextValue }) => ({
      g: concat(grad(sum(softTarget(reward, discount, nextValue)), [nextValue])),
    }));
    await expect(gradient).rejects.toThrow('stopGradient');
  });
});

/** How far an update with this gradClip goes. Adam forgets the scale of gradients but of those tiny against its ε. */
async function stepWith(gradClip: number) {
  const algorithm = model({ gradClip });
  const start = randomValues(algorithm, 2);
  const learner = await learnerOf(algorithm, start);
  const metrics = await learner.update(inputsOf(randomBatch(1, 8, sizes)));
  const before = flat(start);
  const moved = flat(learner.parameters()).map((value, i) => value - (before[i] ?? 0));
  return { norm: first(metrics['gradientNorm/ebflow']), length: Math.hypot(...moved) };
}

describe('an update', () => {
  const algorithm = model({ tau: 0.25 });
  const batch = { ...randomBatch(1, 8, sizes), terminated: Float32Array.of(0, 0, 1, 0, 0, 0, 0, 0) };
  const [online, target] = [randomValues(algorithm, 2), randomValues(algorithm, 3)];

  it('reports what the programs for value and Q say of the batch, with the target for V', async () => {
    const learner = await learnerOf(algorithm, online, target);
    const next = await valuesOf(algorithm, await learnerOf(algorithm, target), batch.nextObservations);
    const critics = await referenceRuntime.load(criticProgram(algorithm), { state: learner.state });
    // The batch holds latents.
    const action = Array.from(batch.actions, Math.tanh);
    const now = await critics.run({ observation: batch.observations, action });
    const metrics = await learner.update(inputsOf(batch));
    const states = { data: Array.from(batch.observations), shape: [8, 2] };
    const { b } = await compute({ states }, ({ states: given }) => ({
      b: concat(smallNetworks(sizes, {}, online).shifts(given)),
    }));

    const q = [...(now['q1'] ?? []), ...(now['q2'] ?? [])];
    const y = next.map((v, i) => (batch.rewards[i] ?? 0) + 0.9 * (1 - (batch.terminated[i] ?? 0)) * v);
    const errors = q.map((value, i) => (value - (y[i % 8] ?? Number.NaN)) ** 2);
    expectClose(
      ['loss', 'meanQ', 'meanTarget', 'meanNextValue', 'meanValue', 'meanShift'].map((name) =>
        first(metrics[name]),
      ),
      [mean(errors), mean(q), mean(y), mean(next), mean([...(now['value'] ?? [])]), 0.25 * mean(b)],
      1e-10,
    );
  });

  it('moves the target by τ towards the new parameters', async () => {
    const learner = await learnerOf(algorithm, online, target);
    await learner.update(inputsOf(batch));
    const moved = flat(learner.parameters());
    const [before, targetBefore] = [flat(online), flat(target)];
    expect(moved.filter((value, i) => value !== before[i]).length).toBeGreaterThan(0.9 * moved.length);
    const expected = moved.map((value, i) => 0.75 * (targetBefore[i] ?? 0) + 0.25 * value);
    expectClose(flat(learner.targets()), expected, 1e-12);
  });

  it('trains every network', async () => {
    const learner = await learnerOf(algorithm, online, target);
    await learner.update(inputsOf(batch));
    const after = learner.parameters();
    const still = Object.keys(online).filter((name) =>
      Array.from(online[name]?.data ?? []).every((value, i) => value === after[name]?.data[i]),
    );
    expect(still).toEqual([]);
  });

  it('takes a step no longer for a gradient beyond gradClip', async () => {
    const [loose, tight] = [await stepWith(1e6), await stepWith(1e-9)];
    expect(tight.norm).toBe(loose.norm);
    expect(loose.norm).toBeGreaterThan(1);
    expect(tight.length).toBeLessThan(0.1 * loose.length);
  });
});

describe('weights and discounts', () => {
  const algorithm = model();
  const batch = randomBatch(7, 8, sizes);
  const start = randomValues(algorithm, 2);
  const run = async (inputs: Partial<ReturnType<typeof inputsOf>>) =>
    (await learnerOf(algorithm, start)).update({ ...inputsOf(batch), ...inputs });

  it('reports the error of each transition, and weighs its square', async () => {
    // Equal shifts make both Q equal, so that the mean of |δ| squared is the mean of δ².
    const weight = [0, 1, 2, 3, 0.5, 0, 0, 1];
    const learner = await learnerOf(algorithm, withTwins(start));
    const { loss, tdErrors = [] } = await learner.update({ ...inputsOf(batch), weight });
    expect(Math.min(...Array.from(tdErrors))).toBeGreaterThan(0);
    expectClose([first(loss)], [mean(weight.map((w, i) => w * (tdErrors[i] ?? 0) ** 2))], 1e-12);
  });

  it('weighs in the gradient what it weighs in the loss', async () => {
    const [whole, half] = [await run({}), await run({ weight: Array.from({ length: 8 }, () => 0.5) })];
    const norm = 'gradientNorm/ebflow';
    expectClose([first(half[norm])], [0.5 * first(whole[norm])], 1e-12);
  });

  it('counts the next value by its discount', async () => {
    const discount = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
    const value = await valuesOf(algorithm, await learnerOf(algorithm, start), batch.nextObservations);
    const y = discount.map((d, i) => (batch.rewards[i] ?? 0) + d * (value[i] ?? 0));
    expectClose([first((await run({ discount }))['meanTarget'])], [mean(y)], 1e-10);
  });
});

describe('an update with dropout', () => {
  const seldom = model({ dropout: 1e-12 });
  const batch = randomBatch(4, 8, sizes);
  const start = randomValues(seldom, 5);

  it('that drops nothing is the update without dropout', async () => {
    expect(seldom.stages[0]?.dropout?.uses).toBe(4);
    const plain = await learnerOf(model(), start);
    const dropping = await learnerOf(seldom, start);
    const expected = await plain.update(inputsOf(batch));
    const dropped = await dropping.update(inputsOf(batch, [0, 1, 2, 3]));
    for (const metric of ['loss', 'gradientNorm/ebflow', 'meanQ'])
      expectClose([first(dropped[metric])], [first(expected[metric])], 1e-9, metric);
    expectClose(flat(dropping.parameters()), flat(plain.parameters()), 1e-9);
  });

  it.each([0, 1, 2] as const)(
    'has other masks for other offsets, and no effect on the target, with %d shifts',
    async (shifts) => {
      const algorithm = model({ dropout: 0.5, shifts });
      const run = async (offsets: readonly number[]) => {
        const learner = await learnerOf(algorithm, randomValues(algorithm, 5));
        const { loss, meanTarget } = await learner.update(inputsOf(batch, offsets));
        return [first(loss), first(meanTarget)];
      };
      const masks = await run([0, 1, 2, 3]);
      const again = await run([0, 1, 2, 3]);
      const other = await run([9, 90, 60, 30]);
      expect(masks.every(Number.isFinite)).toBe(true);
      expect(again).toEqual(masks);
      expect(other[0]).not.toBe(masks[0]);
      expect(other[1]).toBe(masks[1]);
    },
  );

  it.each([
    { dropout: 0, differ: false },
    { dropout: 0.5, differ: true },
  ])('of share $dropout: that the two Q have masks of their own is $differ', async ({ dropout, differ }) => {
    // One transition and equal shifts: then only masks can make the two Q differ, by 2 √variance.
    const algorithm = model({ dropout, batchSize: 1 });
    const learner = await learnerOf(algorithm, withTwins(start));
    const offsets = Array.from({ length: algorithm.stages[0]?.dropout?.uses ?? 0 }, (_, i) => 7 * i);
    const { loss, meanQ, meanTarget } = await learner.update(inputsOf(randomBatch(6, 1, sizes), offsets));
    const variance = first(loss) - (first(meanQ) - first(meanTarget)) ** 2;
    if (differ) expect(variance).toBeGreaterThan(1e-4);
    else expect(Math.abs(variance)).toBeLessThan(1e-12);
  });
});
