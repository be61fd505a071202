import { compute, expectClose } from '@meow-rl/nn/testing';
import { concat, constant, grad, referenceRuntime, sum } from '@meow-rl/graph';
import type { Executable } from '@meow-rl/graph';
import type { TransitionBatch } from '@meow-rl/replay';
import { describe, expect, it } from 'vitest';

import { eachGradientMetric } from './gradient.ts';
import {
  applyProgram,
  criticProgram,
  gradientProgram,
  softTarget,
  updateProgram,
  valueProgram,
} from './index.ts';
import type { LearnerState, MeowModel, UpdateInput, UpdateMetric } from './index.ts';
import { randomBatch } from './testing/random-batch.ts';
import { randomValues, smallModel } from './testing/small-model.ts';

const sizes = { observationSize: 2, actionSize: 2 };
type Learner = Executable<UpdateInput, LearnerState, UpdateMetric | 'tdError'>;

const inputsOf = (batch: TransitionBatch, dropoutOffsets: readonly number[] = [], gamma = 0.9) => ({
  observation: batch.observations,
  action: batch.actions,
  reward: batch.rewards,
  nextObservation: batch.nextObservations,
  discount: Array.from(batch.terminated, (ended) => gamma * (1 - ended)),
  weight: Array.from(batch.rewards, () => 1),
  dropoutOffsets,
});

async function learnerOf(model: MeowModel, parameters: Float32Array, target = parameters): Promise<Learner> {
  const learner = await referenceRuntime.load(updateProgram(model, 1).program);
  learner.writeState('parameters', parameters);
  learner.writeState('target', target);
  return learner;
}

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
  const model = smallModel(sizes, { gradClip });
  const start = randomValues(model, 2);
  const learner = await learnerOf(model, start);
  const { gradientNorm } = await learner.run(inputsOf(randomBatch(1, 8, sizes)));
  const moved = Array.from(learner.readState('parameters'), (value, i) => value - (start[i] ?? 0));
  return { norm: gradientNorm[0] ?? Number.NaN, length: Math.hypot(...moved) };
}

describe('updateProgram', () => {
  const model = smallModel(sizes, { tau: 0.25 });
  const batch = { ...randomBatch(1, 8, sizes), terminated: Float32Array.of(0, 0, 1, 0, 0, 0, 0, 0) };
  const [online, target] = [randomValues(model, 2), randomValues(model, 3)];

  it('reports what the programs for value and Q say of the batch, with the target for V', async () => {
    const metrics = await (await learnerOf(model, online, target)).run(inputsOf(batch));
    const values = await referenceRuntime.load(valueProgram(model));
    values.writeState('parameters', target);
    const { value } = await values.run({ observation: batch.nextObservations });
    const critics = await referenceRuntime.load(criticProgram(model));
    critics.writeState('parameters', online);
    const now = await critics.run({ observation: batch.observations, action: batch.actions });
    const { q1, q2 } = now;
    const states = { data: Array.from(batch.observations), shape: [8, 2] };
    const { b } = await compute({ states }, ({ states: given }) => {
      const bound = model.bind(model.layout.unpack(constant(online, [online.length])));
      return { b: concat(bound.shifts(given)) };
    });

    const next = Array.from(value);
    const y = next.map((v, i) => (batch.rewards[i] ?? 0) + 0.9 * (1 - (batch.terminated[i] ?? 0)) * v);
    const errors = [...q1, ...q2].map((q, i) => (q - (y[i % 8] ?? Number.NaN)) ** 2);
    expectClose(
      [
        metrics.loss,
        metrics.meanQ,
        metrics.meanTarget,
        metrics.meanNextValue,
        metrics.meanValue,
        metrics.meanShift,
      ].map((metric) => metric[0] ?? 0),
      [
        mean(errors),
        mean([...q1, ...q2]),
        mean(y),
        mean(next),
        mean([...now.value]),
        model.config.alpha * mean(b),
      ],
      1e-10,
    );
  });

  it('moves the target by τ towards the new parameters', async () => {
    const learner = await learnerOf(model, online, target);
    await learner.run(inputsOf(batch));
    const moved = Array.from(learner.readState('parameters'));
    expect(moved.filter((value, i) => value !== online[i]).length).toBeGreaterThan(0.9 * moved.length);
    const expected = moved.map((value, i) => 0.75 * (target[i] ?? 0) + 0.25 * value);
    expectClose(Array.from(learner.readState('target')), expected, 1e-12);
  });

  it('trains every network', async () => {
    const learner = await learnerOf(model, online, target);
    await learner.run(inputsOf(batch));
    const [before, after] = [online, learner.readState('parameters')].map((flat) =>
      model.layout.unflatten(flat),
    );
    const still = Object.keys(before ?? {}).filter((name) =>
      before?.[name]?.data.every((value, i) => value === after?.[name]?.data[i]),
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
  const model = smallModel(sizes);
  const batch = randomBatch(7, 8, sizes);
  const start = randomValues(model, 2);
  const run = async (own: Partial<ReturnType<typeof inputsOf>>) =>
    (await learnerOf(model, start)).run({ ...inputsOf(batch), ...own });

  it('reports the error of each transition, and weighs its square', async () => {
    // Equal shifts make both Q equal, so that the mean of |δ| squared is the mean of δ².
    const values = model.layout.unflatten(start);
    const twins = Object.entries(values).map(([name]) => [name, values[name.replace('shift2', 'shift1')]]);
    const weight = [0, 1, 2, 3, 0.5, 0, 0, 1];
    const learner = await learnerOf(model, model.layout.flatten(Object.fromEntries(twins)));
    const { loss, tdError } = await learner.run({ ...inputsOf(batch), weight });
    expect(Math.min(...tdError)).toBeGreaterThan(0);
    expectClose(Array.from(loss), [mean(weight.map((w, i) => w * (tdError[i] ?? 0) ** 2))], 1e-12);
  });

  it('weighs in the gradient what it weighs in the loss', async () => {
    const [whole, half] = [await run({}), await run({ weight: Array.from({ length: 8 }, () => 0.5) })];
    expectClose(Array.from(half.gradientNorm), [0.5 * (whole.gradientNorm[0] ?? 0)], 1e-12);
  });

  it('counts the next value by its discount', async () => {
    const discount = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];
    const values = await referenceRuntime.load(valueProgram(model));
    values.writeState('parameters', start);
    const { value } = await values.run({ observation: batch.nextObservations });
    const y = discount.map((d, i) => (batch.rewards[i] ?? 0) + d * (value[i] ?? 0));
    expectClose(Array.from((await run({ discount })).meanTarget), [mean(y)], 1e-10);
  });
});

/** The first or second half of something. */
const halfOf = <T extends { length: number; slice: (start: number, end: number) => T }>(
  all: T,
  i: number,
): T => all.slice((i * all.length) / 2, ((i + 1) * all.length) / 2);

describe('gradientProgram and applyProgram', () => {
  it('on parts of a batch make the same step as the whole', async () => {
    const model = smallModel(sizes);
    const batch = inputsOf(randomBatch(8, 8, sizes));
    const [online, target] = [randomValues(model, 2), randomValues(model, 3)];
    const learner = await learnerOf(model, online, target);
    const whole = await learner.run(batch);

    const worker = await referenceRuntime.load(gradientProgram(model, 4, 1).program);
    worker.writeState('parameters', online);
    worker.writeState('target', target);
    const part = async (i: number) =>
      worker.run({
        observation: halfOf(batch.observation, i),
        action: halfOf(batch.action, i),
        reward: halfOf(batch.reward, i),
        nextObservation: halfOf(batch.nextObservation, i),
        discount: halfOf(batch.discount, i),
        weight: halfOf(batch.weight, i),
        dropoutOffsets: [],
      });
    const [first, second] = [await part(0), await part(1)];
    for (const metric of Object.values(eachGradientMetric((name) => name)))
      expectClose(
        [(first[metric][0] ?? 0) + (second[metric][0] ?? 0)],
        Array.from(whole[metric]),
        1e-12,
        metric,
      );
    expectClose([...first.tdError, ...second.tdError], Array.from(whole.tdError), 1e-12);

    const apply = await referenceRuntime.load(applyProgram(model));
    apply.writeState('parameters', online);
    apply.writeState('target', target);
    const norms = await apply.run({
      gradient: Array.from(first.gradient, (value, i) => value + (second.gradient[i] ?? 0)),
    });
    expectClose(Array.from(norms.gradientNorm), Array.from(whole.gradientNorm), 1e-12);
    for (const state of ['parameters', 'target', 'firstMoment', 'secondMoment'] as const)
      expectClose(Array.from(apply.readState(state)), Array.from(learner.readState(state)), 1e-12, state);
  });
});

describe('updateProgram with dropout', () => {
  const seldom = smallModel(sizes, { dropout: 1e-12 });
  const batch = randomBatch(4, 8, sizes);
  const start = randomValues(seldom, 5);

  it('that drops nothing is the update without dropout', async () => {
    expect(seldom.dropoutLayers).toBe(4);
    const plain = await learnerOf(smallModel(sizes), start);
    const dropping = await learnerOf(seldom, start);
    const expected = await plain.run(inputsOf(batch));
    const found = await dropping.run(inputsOf(batch, [0, 1, 2, 3]));
    for (const metric of ['loss', 'gradientNorm', 'meanQ'] as const)
      expectClose(Array.from(found[metric]), Array.from(expected[metric]), 1e-9, metric);
    expectClose(
      Array.from(dropping.readState('parameters')),
      Array.from(plain.readState('parameters')),
      1e-9,
    );
  });

  it('has other masks for other offsets, and no effect on the target', async () => {
    const model = smallModel(sizes, { dropout: 0.5 });
    const run = async (offsets: readonly number[]) => {
      const { loss, meanTarget } = await (await learnerOf(model, start)).run(inputsOf(batch, offsets));
      return [loss[0], meanTarget[0]];
    };
    const [first, again, other] = [
      await run([0, 1, 2, 3]),
      await run([0, 1, 2, 3]),
      await run([9, 90, 60, 30]),
    ];
    expect(again).toEqual(first);
    expect(other[0]).not.toBe(first[0]);
    expect(other[1]).toBe(first[1]);
  });

  it.each([
    { dropout: 0, differ: false },
    { dropout: 0.5, differ: true },
  ])('of share $dropout: that the two Q have masks of their own is $differ', async ({ dropout, differ }) => {
    // One transition and equal shifts: then only masks can make the two Q differ, by 2 √variance.
    const model = smallModel(sizes, { dropout, batchSize: 1 });
    const values = model.layout.unflatten(start);
    const twins = Object.entries(values).map(([name]) => [name, values[name.replace('shift2', 'shift1')]]);
    const learner = await learnerOf(model, model.layout.flatten(Object.fromEntries(twins)));
    const offsets = Array.from({ length: model.dropoutLayers }, (_, i) => 7 * i);
    const { loss, meanQ, meanTarget } = await learner.run(inputsOf(randomBatch(6, 1, sizes), offsets));
    const variance = (loss[0] ?? 0) - ((meanQ[0] ?? 0) - (meanTarget[0] ?? 0)) ** 2;
    if (differ) expect(variance).toBeGreaterThan(1e-4);
    else expect(Math.abs(variance)).toBeLessThan(1e-12);
  });
});
