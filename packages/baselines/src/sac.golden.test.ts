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

import { qValues } from './critics.ts';
import { sac, softQTarget } from './sac.ts';
import type { SacNetworks } from './sac.ts';
import type { SAC_SETTINGS } from './sac-settings.ts';
import { goldenInputs } from './testing/golden-inputs.ts';
import type { GoldenBatch } from './testing/golden-inputs.ts';

interface SacCase {
  name: string;
  config: {
    hidden: number[];
    logStdMin: number;
    logStdMax: number;
    gamma: number;
    tau: number;
    obsDim: number;
    actDim: number;
    policyLearningRate: number;
    qLearningRate: number;
    alphaLearningRate: number;
    initialLogAlpha: number;
    targetEntropy: number;
  };
  params: GoldenParameters;
  target: GoldenParameters;
  batches: (GoldenBatch & Record<'noiseNext' | 'noise', number[][]>)[];
  steps: (Record<'criticLoss' | 'actorLoss' | 'alphaLoss' | 'alpha', number> &
    Record<'entropy' | 'criticGradNorm' | 'actorGradNorm', number> &
    Record<'q1' | 'q2' | 'y' | 'nextLogProb' | 'logProb', number[]> &
    Record<'nextAction' | 'action', number[][]>)[];
  finalParams: GoldenParameters;
  finalTarget: GoldenParameters;
}

/** SAC whose stages also give what they have of each transition. */
const showing: AlgorithmDefinition<SacNetworks, typeof SAC_SETTINGS> = {
  ...sac,
  stages: (sizes, config) => {
    const [critics, policy] = sac.stages(sizes, config);
    if (!critics || !policy) throw new Error('SAC has two stages');
    return [
      {
        ...critics,
        loss: (inputs) => {
          const { metrics, ...loss } = critics.loss(inputs);
          const { y, next } = softQTarget(inputs);
          const { observation, action } = inputs.batch;
          const { q1, q2 } = qValues(inputs.networks.critics, observation, action);
          const shown = { q1, q2, y, nextAction: next.action, nextLogProb: next.logProb };
          return { ...loss, metrics: { ...metrics, ...shown } };
        },
      },
      {
        ...policy,
        loss: (inputs) => {
          const { metrics, ...loss } = policy.loss(inputs);
          const { action, logProb } = inputs.networks.actor.sample(
            inputs.batch.observation,
            inputs.noise('action'),
          );
          return { ...loss, metrics: { ...metrics, action, logProb } };
        },
      },
    ];
  },
};

describe.each(GOLDEN_RUNTIMES)('SAC on $runtime.name', ({ runtime, tolerance }) => {
  test.each(readGolden<SacCase>('sac-update.json', import.meta.url))('$name', async (golden) => {
    const { obsDim, actDim, alphaLearningRate, initialLogAlpha, targetEntropy, ...config } = golden.config;
    const algorithm = resolveAlgorithm(
      showing,
      { observationSize: obsDim, actionSize: actDim },
      {
        ...config,
        temperatureLearningRate: alphaLearningRate,
        initialTemperature: Math.exp(initialLogAlpha),
        targetEntropyPerAction: targetEntropy / actDim,
        batchSize: golden.batches[0]?.reward.length ?? 0,
      },
    );
    const stages = await stageRunner(algorithm, runtime);
    stages.write(golden.params, golden.target);
    expect(golden.steps).toHaveLength(golden.batches.length);

    for (const [i, batch] of golden.batches.entries()) {
      const inputs = {
        ...goldenInputs(batch, config.gamma),
        'noise/nextAction': batch.noiseNext.flat(),
        'noise/action': batch.noise.flat(),
      };
      const critics = await stages.run(0, inputs);
      const policy = await stages.run(1, inputs);
      const step = golden.steps[i];
      if (!step) throw new Error(`update ${i} has no expected numbers`);
      const actual = {
        ...critics,
        ...policy,
        alphaLoss: policy['temperatureLoss'],
        alpha: Array.from(stages.state.read('temperature/parameters'), Math.exp),
        criticGradNorm: critics['gradientNorm/critics'],
        actorGradNorm: policy['gradientNorm/actor'],
      };
      for (const [name, expected] of Object.entries(step))
        expectAgreement(
          Reflect.get(actual, name) as ArrayLike<number> | undefined,
          [expected].flat(2),
          tolerance,
          `update ${i}: ${name}`,
        );
      // The temperature that the losses of this update were made with is the one before it.
      const before = golden.steps[i - 1]?.alpha ?? Math.exp(initialLogAlpha);
      expectAgreement(policy['temperature'], [before], tolerance, `update ${i}: temperature before it`);
    }
    expectParameters(stages.parameters(), golden.finalParams, tolerance);
    expectParameters(stages.targets(), golden.finalTarget, tolerance);
    await stages.dispose();
  });
});
