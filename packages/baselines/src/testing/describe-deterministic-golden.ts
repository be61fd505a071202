import type { Tensor } from '@meow-rl/graph';
import { resolveAlgorithm } from '@meow-rl/learner';
import type { AlgorithmDefinition, CommonSettings, LossInputs } from '@meow-rl/learner';
import type { SettingsOf } from '@meow-rl/learner/settings';
import {
  expectAgreement,
  expectParameters,
  GOLDEN_RUNTIMES,
  readGolden,
  stageRunner,
} from '@meow-rl/learner/testing';
import type { GoldenParameters } from '@meow-rl/learner/testing';
import { describe, expect, test } from 'vitest';

import { qValues } from '../critics.ts';
import type { DeterministicNetworks } from '../deterministic-policy.ts';
import type { deterministicSettings } from '../deterministic-settings.ts';
import { goldenInputs } from './golden-inputs.ts';
import type { GoldenBatch } from './golden-inputs.ts';

/** What the files of TD3 and DDPG have of each case. */
interface DeterministicCase {
  readonly name: string;
  readonly config: {
    readonly hidden: number[];
    readonly gamma: number;
    readonly tau: number;
    readonly learningRate: number;
    readonly obsDim: number;
    readonly actDim: number;
    readonly policyFrequency?: number;
    readonly policyNoise?: number;
    readonly noiseClip?: number;
  };
  readonly params: GoldenParameters;
  readonly target: GoldenParameters;
  readonly batches: (GoldenBatch & { noise?: number[][] })[];
  /** Null where an update has no such number, as it leaves the policy alone. */
  readonly steps: Record<string, number | number[] | number[][] | null>[];
  readonly finalParams: GoldenParameters;
  readonly finalTarget: GoldenParameters;
}

/** The settings that cases of all algorithms have. */
type SharedSettings = Pick<
  ReturnType<typeof deterministicSettings>,
  'hidden' | 'gamma' | 'tau' | 'policyLearningRate' | 'qLearningRate' | 'batchSize'
>;

/** An algorithm whose updates are compared with a golden file. */
export interface DeterministicGoldenOptions<Q extends string, T extends CommonSettings> {
  readonly definition: AlgorithmDefinition<DeterministicNetworks<Q>, T, 'q1' | Q>;
  /** Its file in the package's fixtures. */
  readonly file: string;
  /** The settings of a case, `shared` among them. */
  readonly configOf: (
    config: DeterministicCase['config'],
    shared: SettingsOf<SharedSettings>,
  ) => Partial<SettingsOf<T>>;
  /** The next action and the target of each transition. */
  readonly targetOf: (
    inputs: LossInputs<DeterministicNetworks<Q>>,
    config: SettingsOf<T>,
  ) => { readonly nextAction: Tensor; readonly y: Tensor };
}

/** The definition with a first stage that also gives what it has of each transition. */
function showing<Q extends string, T extends CommonSettings>({
  definition,
  targetOf,
}: DeterministicGoldenOptions<Q, T>): typeof definition {
  return {
    ...definition,
    stages: (sizes, config) => {
      const [critics, ...later] = definition.stages(sizes, config);
      if (!critics) throw new Error(`${definition.name} has no stages`);
      const loss: typeof critics.loss = (inputs) => {
        const { metrics, ...others } = critics.loss(inputs);
        const { observation, action } = inputs.batch;
        const values = qValues(inputs.networks.critics, observation, action);
        return { ...others, metrics: { ...metrics, ...values, ...targetOf(inputs, config) } };
      };
      return [{ ...critics, loss }, ...later];
    },
  };
}

/** Tests an algorithm with a deterministic policy on all numbers of all updates of its golden file. */
export function describeDeterministicGolden<Q extends string, T extends CommonSettings>(
  options: DeterministicGoldenOptions<Q, T>,
): void {
  const { definition, file, configOf } = options;
  describe.each(GOLDEN_RUNTIMES)(`${definition.name} on $runtime.name`, ({ runtime, tolerance }) => {
    test.each(readGolden<DeterministicCase>(file, new URL('..', import.meta.url).href))(
      '$name',
      async (golden) => {
        const { obsDim, actDim, hidden, gamma, tau, learningRate } = golden.config;
        const config = configOf(golden.config, {
          hidden,
          gamma,
          tau,
          policyLearningRate: learningRate,
          qLearningRate: learningRate,
          batchSize: golden.batches[0]?.reward.length ?? 0,
        });
        const sizes = { observationSize: obsDim, actionSize: actDim };
        const algorithm = resolveAlgorithm(showing(options), sizes, config);
        const stages = await stageRunner(algorithm, runtime);
        stages.write(golden.params, golden.target);
        expect(golden.steps).toHaveLength(golden.batches.length);

        for (const [i, batch] of golden.batches.entries()) {
          const inputs = {
            ...goldenInputs(batch, gamma),
            ...(batch.noise && { 'noise/target': batch.noise.flat() }),
          };
          const actual: Record<string, ArrayLike<number>> = {};
          for (const [k, { every = 1 }] of algorithm.stages.entries())
            if ((i + 1) % every === 0) Object.assign(actual, await stages.run(k, inputs));
          const step = golden.steps[i];
          if (!step) throw new Error(`update ${i} has no expected numbers`);
          for (const [name, expected] of Object.entries(step)) {
            const what = `update ${i}: ${name}`;
            const values = actual[OUTPUTS[name] ?? name];
            if (expected === null) expect(values, what).toBeUndefined();
            else expectAgreement(values, [expected].flat(2), tolerance, what);
          }
        }
        expectParameters(stages.parameters(), golden.finalParams, tolerance);
        expectParameters(stages.targets(), golden.finalTarget, tolerance);
        await stages.dispose();
      },
    );
  });
}

/** What programs call numbers that the files call otherwise. */
const OUTPUTS: Readonly<Record<string, string>> = {
  criticGradNorm: 'gradientNorm/critics',
  actorGradNorm: 'gradientNorm/actor',
};
