import type { Tensor } from '@meow-rl/graph';
import type { AlgorithmDefinition, CommonSettings, LossInputs } from '@meow-rl/learner';
import type { SettingsOf } from '@meow-rl/learner/settings';

import { qValues } from '../critics.ts';
import type { DeterministicNetworks } from '../deterministic-policy.ts';
import type { deterministicSettings } from '../deterministic-settings.ts';
import { describeGolden } from './describe-golden.ts';

/** What the configurations of TD3's and DDPG's cases have. */
interface DeterministicConfig {
  readonly hidden: number[];
  readonly gamma: number;
  readonly tau: number;
  readonly learningRate: number;
  readonly policyFrequency?: number;
  readonly policyNoise?: number;
  readonly noiseClip?: number;
}

/** The settings that cases of all algorithms have. */
type SharedSettings = Pick<
  ReturnType<typeof deterministicSettings>,
  'hidden' | 'gamma' | 'tau' | 'policyLearningRate' | 'qLearningRate'
>;

/** An algorithm whose updates are compared with a golden file. */
export interface DeterministicGoldenOptions<Q extends string, T extends CommonSettings> {
  readonly definition: AlgorithmDefinition<DeterministicNetworks<Q>, T, 'q1' | Q>;
  /** Its file in the package's fixtures. */
  readonly file: string;
  /** The settings of a case, `shared` among them. */
  readonly configOf: (
    config: DeterministicConfig,
    shared: SettingsOf<SharedSettings>,
  ) => Partial<SettingsOf<T>>;
  /** The next action and the target of each transition. */
  readonly targetOf: (
    inputs: LossInputs<DeterministicNetworks<Q>>,
    config: SettingsOf<T>,
  ) => { readonly nextAction: Tensor; readonly y: Tensor };
}

/** Tests an algorithm with a deterministic policy on all numbers of all updates of its golden file. */
export const describeDeterministicGolden = <Q extends string, T extends CommonSettings>({
  definition,
  file,
  configOf,
  targetOf,
}: DeterministicGoldenOptions<Q, T>): void =>
  describeGolden({
    definition,
    file,
    configOf: (config: DeterministicConfig) => {
      const { hidden, gamma, tau, learningRate } = config;
      const rates = { policyLearningRate: learningRate, qLearningRate: learningRate };
      return configOf(config, { hidden, gamma, tau, ...rates });
    },
    shown: [
      (inputs, config) => ({
        ...qValues(inputs.networks.critics, inputs.batch.observation, inputs.batch.action),
        ...targetOf(inputs, config),
      }),
    ],
    noiseOf: ({ noise }: { readonly noise?: number[][] }) => (noise ? { target: noise.flat() } : {}),
  });
