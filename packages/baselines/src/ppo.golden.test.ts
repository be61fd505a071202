import {
  explainedVariance,
  generalizedAdvantages,
  resolveOnPolicyAlgorithm,
  valueProgram,
} from '@meow-rl/learner';
import type { OnPolicyDefinition } from '@meow-rl/learner';
import {
  expectAgreement,
  expectParameters,
  GOLDEN_RUNTIMES,
  readGolden,
  stageRunner,
} from '@meow-rl/learner/testing';
import type { GoldenParameters } from '@meow-rl/learner/testing';
import { mean, neg, sub } from '@meow-rl/graph';
import { describe, expect, test } from 'vitest';

import { ppo } from './ppo.ts';
import type { PpoNetworks } from './ppo.ts';
import type { PPO_SETTINGS } from './ppo-settings.ts';
import { showingStage } from './testing/describe-golden.ts';

interface PpoCase {
  name: string;
  config: {
    hidden: number[];
    gamma: number;
    lambda: number;
    clip: number;
    valueCoefficient: number;
    entropyCoefficient: number;
    gradClip: number;
    epochs: number;
    minibatches: number;
    obsDim: number;
    actDim: number;
    learningRate: number;
  };
  params: GoldenParameters;
  rollout: Record<'obs' | 'act' | 'finalObs', number[][][]> &
    Record<'reward' | 'terminated' | 'truncated', number[][]> & { lastObs: number[][] };
  permutations: number[][];
  values: number[][];
  finalValues: number[][];
  lastValue: number[];
  logProb: number[][];
  advantages: number[][];
  returns: number[][];
  explainedVariance: number;
  steps: (Record<'loss' | 'policyLoss' | 'valueLoss' | 'entropy' | 'approxKl' | 'oldApproxKl', number> &
    Record<'clipFraction' | 'gradNorm' | 'epoch', number>)[];
  finalParams: GoldenParameters;
}

/** PPO whose stage also gives the ratio's logarithm, each transition's log-probability and the other estimate of the KL. */
const showing: OnPolicyDefinition<PpoNetworks, typeof PPO_SETTINGS> = {
  ...ppo,
  stages: (sizes, config) =>
    ppo.stages(sizes, config).map((stage) =>
      showingStage(stage, ({ batch, networks }) => {
        const newLogProb = networks.actorCritic.actor.logProb(batch.action, batch.observation);
        return { newLogProb, oldApproxKl: neg(mean(sub(newLogProb, batch.logProb))) };
      }),
    ),
};

const pick = (from: ArrayLike<number>, indices: readonly number[]): number[] =>
  indices.map((i) => from[i] ?? Number.NaN);

describe.each(GOLDEN_RUNTIMES)('PPO on $runtime.name', ({ runtime, tolerance }) => {
  test.each(readGolden<PpoCase>('ppo-update.json', import.meta.url))('$name', async (golden) => {
    const { config, rollout } = golden;
    const [steps, numEnvs] = [rollout.reward.length, rollout.reward[0]?.length ?? 0];
    const transitions = steps * numEnvs;
    const settings = {
      hidden: config.hidden,
      gamma: config.gamma,
      gaeLambda: config.lambda,
      clipRange: config.clip,
      valueCoefficient: config.valueCoefficient,
      entropyCoefficient: config.entropyCoefficient,
      gradClip: config.gradClip,
      learningRate: config.learningRate,
      epochs: config.epochs,
    };
    const algorithm = resolveOnPolicyAlgorithm(
      showing,
      { observationSize: config.obsDim, actionSize: config.actDim },
      { ...settings, batchSize: transitions / config.minibatches },
    );
    const stages = await stageRunner(algorithm, runtime);
    stages.write(golden.params, {});

    // The values of all states, and what follows from them.
    const judge = valueProgram(algorithm);
    if (!judge) throw new Error('PPO has values of states');
    const critic = await runtime.load(judge, { state: stages.state });
    const valuesOf = async (observations: number[]) =>
      Array.from((await critic.run({ observation: observations })).value);
    const values = await valuesOf(rollout.obs.flat(2));
    const finalValues = await valuesOf(rollout.finalObs.flat(2));
    const lastValue = await valuesOf(rollout.lastObs.flat());
    const terminated = rollout.terminated.flat();
    const truncated = rollout.truncated.flat();
    const done = terminated.map((flag, i) => Math.max(flag, truncated[i] ?? 0));
    expectAgreement(values, golden.values.flat(), tolerance, 'values');
    const ended = finalValues.map((value, i) => value * (done[i] ?? 0));
    expectAgreement(ended, golden.finalValues.flat(), tolerance, 'values of last observations');
    expectAgreement(lastValue, golden.lastValue, tolerance, 'values behind the rollout');
    const following = [...values.slice(numEnvs), ...lastValue];
    const nextValues = following.map((value, i) => (truncated[i] ? (finalValues[i] ?? value) : value));
    const rewards = rollout.reward.flat();
    const { advantages, returns } = generalizedAdvantages(
      { steps, numEnvs, rewards, values, nextValues, terminated, done },
      algorithm.learning,
    );
    expectAgreement(advantages, golden.advantages.flat(), tolerance, 'advantages');
    expectAgreement(returns, golden.returns.flat(), tolerance, 'returns');
    expectAgreement(
      [explainedVariance(returns, values) ?? Number.NaN],
      [golden.explainedVariance],
      tolerance,
      'explained variance',
    );

    const logProbs = golden.logProb.flat();
    const rows = transitions / config.minibatches;
    const minibatches = golden.permutations.flatMap((permutation) =>
      Array.from({ length: config.minibatches }, (_, k) => permutation.slice(k * rows, (k + 1) * rows)),
    );
    expect(golden.steps).toHaveLength(minibatches.length);
    const [observations, actions] = [rollout.obs.flat(), rollout.act.flat()];
    for (const [i, indices] of minibatches.entries()) {
      const made = await stages.run(0, {
        observation: indices.flatMap((index) => observations[index] ?? []),
        action: indices.flatMap((index) => actions[index] ?? []),
        logProb: pick(logProbs, indices),
        value: pick(values, indices),
        advantage: pick(advantages, indices),
        return: pick(returns, indices),
      });
      // The policy is still the one that acted.
      if (i === 0)
        expectAgreement(made['newLogProb'], pick(logProbs, indices), tolerance, 'log-probabilities');
      const { epoch: _, ...step } = golden.steps[i] ?? { epoch: 0 };
      const actual = { ...made, gradNorm: made['gradientNorm/actorCritic'] };
      expect(Object.keys(step)).toHaveLength(8);
      for (const [name, expected] of Object.entries(step))
        expectAgreement(
          Reflect.get(actual, name) as ArrayLike<number> | undefined,
          [expected],
          tolerance,
          `minibatch ${i}: ${name}`,
        );
    }
    expectParameters(stages.parameters(), golden.finalParams, tolerance);
    await critic.dispose();
    await stages.dispose();
  });
});
