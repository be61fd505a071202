import { stopGradient } from '@meow-rl/graph';
import { resolveAlgorithm } from '@meow-rl/learner';
import type { AlgorithmDefinition } from '@meow-rl/learner';
import {
  expectAgreement,
  expectParameters,
  GOLDEN_RUNTIMES,
  readGolden,
  stageRunner,
} from '@meow-rl/learner/testing';
import type { GoldenParameters } from '@meow-rl/learner/testing';
import { describe, expect, test } from 'vitest';

import { nextSoftValue, particles, score, sql, sqlQ, steinDirections } from './sql.ts';
import type { SqlNetworks } from './sql.ts';
import type { SQL_SETTINGS } from './sql-settings.ts';

interface SqlCase {
  name: string;
  config: {
    hidden: number[];
    gamma: number;
    tau: number;
    valueParticles: number;
    fixedParticles: number;
    updatedParticles: number;
    obsDim: number;
    actDim: number;
    learningRate: number;
    alpha: number;
  };
  params: GoldenParameters;
  target: GoldenParameters;
  batches: (Record<'obs' | 'act' | 'nextObs', number[][]> &
    Record<'particles' | 'noise', number[][][]> &
    Record<'reward' | 'done', number[]>)[];
  steps: (Record<'criticLoss' | 'samplerLoss' | 'criticGradNorm' | 'samplerGradNorm', number> &
    Record<'q1' | 'nextValue' | 'y' | 'bandwidth', number[]> &
    Record<'actions' | 'direction', number[][][]>)[];
  finalParams: GoldenParameters;
  finalTarget: GoldenParameters;
}

/** SQL whose stages also give what they have of each transition and particle. */
const showing: AlgorithmDefinition<SqlNetworks, typeof SQL_SETTINGS> = {
  ...sql,
  stages: (sizes, config) => {
    const [critic, sampler] = sql.stages(sizes, config);
    if (!critic || !sampler) throw new Error('SQL has two stages');
    return [
      {
        ...critic,
        loss: (inputs) => {
          const { metrics, ...loss } = critic.loss(inputs);
          const { observation, action } = inputs.batch;
          const q1 = sqlQ(inputs.networks.critic, observation, action);
          return { ...loss, metrics: { ...metrics, q1, nextValue: nextSoftValue(inputs, config) } };
        },
      },
      {
        ...sampler,
        loss: (inputs) => {
          const { metrics, ...loss } = sampler.loss(inputs);
          const { observation } = inputs.batch;
          const { fixed, updated } = particles(
            inputs.networks.sampler,
            observation,
            inputs.noise('particles'),
            config,
          );
          const scores = score(inputs.networks.critic, observation, fixed, config.alpha);
          const { directions, bandwidth } = steinDirections({ fixed, scores, updated }, config);
          const shown = { fixed, updated: stopGradient(updated), directions, eachBandwidth: bandwidth };
          return { ...loss, metrics: { ...metrics, ...shown } };
        },
      },
    ];
  },
};

/** From k blocks of rows to the file's order, all particles of a state one after the other. */
const byState = (blocks: ArrayLike<number> | undefined, states: number, size: number): number[][][] =>
  Array.from({ length: states }, (_, state) =>
    Array.from({ length: (blocks?.length ?? 0) / states / size }, (__, particle) =>
      Array.from({ length: size }, (___, entry) => blocks?.[(particle * states + state) * size + entry] ?? 0),
    ),
  );

const mean = (values: readonly number[]) => values.reduce((total, x) => total + x, 0) / values.length;

describe.each(GOLDEN_RUNTIMES)('SQL on $runtime.name', ({ runtime, tolerance }) => {
  test.each(readGolden<SqlCase>('sql-update.json', import.meta.url))('$name', async (golden) => {
    const { obsDim, actDim, ...config } = golden.config;
    const states = golden.batches[0]?.reward.length ?? 0;
    const algorithm = resolveAlgorithm(
      showing,
      { observationSize: obsDim, actionSize: actDim },
      { ...config, batchSize: states },
    );
    const stages = await stageRunner(algorithm, runtime);
    stages.write(golden.params, golden.target);
    expect(golden.steps).toHaveLength(golden.batches.length);

    for (const [i, batch] of golden.batches.entries()) {
      const inputs = {
        observation: batch.obs.flat(),
        action: batch.act.flat(),
        reward: batch.reward,
        nextObservation: batch.nextObs.flat(),
        discount: batch.done.map((ended) => config.gamma * (1 - ended)),
        weight: batch.reward.map(() => 1),
        'noise/valueParticles': batch.particles.flat(2),
        'noise/particles': batch.noise.flat(2),
      };
      const critic = await stages.run(0, inputs);
      const sampler = await stages.run(1, inputs);
      const step = golden.steps[i];
      if (!step) throw new Error(`update ${i} has no expected numbers`);
      const fixed = byState(sampler['fixed'], states, actDim);
      const updated = byState(sampler['updated'], states, actDim);
      const actual = {
        criticLoss: critic['criticLoss'],
        samplerLoss: sampler['samplerLoss'],
        criticGradNorm: critic['gradientNorm/critic'],
        samplerGradNorm: sampler['gradientNorm/sampler'],
        q1: critic['q1'],
        nextValue: critic['nextValue'],
        y: batch.reward.map(
          (reward, row) => reward + (inputs.discount[row] ?? 0) * (critic['nextValue']?.[row] ?? Number.NaN),
        ),
        actions: fixed.flatMap((ofState, state) => [ofState, updated[state] ?? []]).flat(2),
        bandwidth: sampler['eachBandwidth'],
        direction: byState(sampler['directions'], states, actDim).flat(2),
      };
      for (const [name, expected] of Object.entries(step))
        expectAgreement(
          Reflect.get(actual, name) as ArrayLike<number> | undefined,
          [expected].flat(3),
          tolerance,
          `update ${i}: ${name}`,
        );
      expectAgreement(critic['meanTarget'], [mean(step.y)], tolerance, `update ${i}: meanTarget`);
      expectAgreement(sampler['bandwidth'], [mean(step.bandwidth)], tolerance, `update ${i}: bandwidth`);
    }
    expectParameters(stages.parameters(), golden.finalParams, tolerance);
    expectParameters(stages.targets(), golden.finalTarget, tolerance);
    await stages.dispose();
  });
});
