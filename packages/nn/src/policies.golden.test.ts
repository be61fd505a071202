import { constant, parameterLayout, referenceRuntime } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { testedTfjsRuntimes } from '@meow-rl/graph/testing';
import { describe, test } from 'vitest';

import { gaussianPolicy, relu, squashedGaussianPolicy, tanh } from './index.ts';
import { parametersOf, readGolden } from './testing/golden.ts';
import type { PpoCase, SacCase } from './testing/golden.ts';
import { compute, expectClose, matrix } from './testing/index.ts';

const runtimes = [
  { runtime: referenceRuntime, tolerance: 1e-8 },
  { runtime: onnxRuntimeNode(), tolerance: 1e-4 },
  ...testedTfjsRuntimes.map((runtime) => ({ runtime, tolerance: 1e-4 })),
];

describe.each(runtimes)('squashed Gaussian policies on $runtime.name', ({ runtime, tolerance }) => {
  test.each(readGolden<SacCase>('sac-update.json'))('$name', async ({ config, params, batches, steps }) => {
    const [batch, step] = [batches[0], steps[0]];
    if (!batch || !step) throw new Error('the case has no step');
    const policy = squashedGaussianPolicy({
      ...config,
      name: 'actor',
      observationSize: config.obsDim,
      actionSize: config.actDim,
      activation: relu,
    });
    const layout = parameterLayout(policy.parameters);
    const flat = layout.flatten(parametersOf('actor', params));
    const { bind } = policy;
    const results = await compute(
      {
        obs: matrix(batch.obs),
        noise: matrix(batch.noise),
        nextObs: matrix(batch.nextObs),
        noiseNext: matrix(batch.noiseNext),
      },
      ({ obs, noise, nextObs, noiseNext }) => {
        const { sample, logProb } = bind(layout.unpack(constant(flat)));
        const [now, next] = [sample(obs, noise), sample(nextObs, noiseNext)];
        return {
          action: now.action,
          logProb: now.logProb,
          nextAction: next.action,
          nextLogProb: next.logProb,
          logProbOfAction: logProb(now.action, obs),
        };
      },
      runtime,
    );
    expectClose(results.action, step.action.flat(), tolerance, 'action');
    expectClose(results.logProb, step.logProb, tolerance, 'logProb');
    expectClose(results.nextAction, step.nextAction.flat(), tolerance, 'nextAction');
    expectClose(results.nextLogProb, step.nextLogProb, tolerance, 'nextLogProb');
    if (runtime === referenceRuntime)
      expectClose(
        results.logProbOfAction.filter((_, i) => inside(step.action[i])),
        step.logProb.filter((_, i) => inside(step.action[i])),
        tolerance,
        'logProb(action)',
      );
  });
});

/** Whether no entry of an action is in the margin. */
const inside = (action: readonly number[] = []): boolean =>
  action.every((entry) => Math.abs(entry) < 1 - 1e-5);

describe.each(runtimes)('Gaussian policies on $runtime.name', ({ runtime, tolerance }) => {
  test.each(readGolden<PpoCase>('ppo-update.json'))('$name', async (golden) => {
    const { config, params, rollout } = golden;
    const policy = gaussianPolicy({
      ...config,
      name: 'actor',
      observationSize: config.obsDim,
      actionSize: config.actDim,
      activation: tanh,
    });
    const layout = parameterLayout(policy.parameters);
    const flat = layout.flatten(parametersOf('actor', params));
    const results = await compute(
      { obs: matrix(rollout.obs.flat()), act: matrix(rollout.act.flat()) },
      ({ obs, act }) => {
        const { logProb, entropy } = policy.bind(layout.unpack(constant(flat)));
        return { logProb: logProb(act, obs), entropy };
      },
      runtime,
    );
    expectClose(results.logProb, golden.logProb.flat(), tolerance, 'logProb');
    expectClose(results.entropy, [golden.steps[0]?.entropy ?? Number.NaN], tolerance, 'entropy');
  });
});
