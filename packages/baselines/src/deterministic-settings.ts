import {
  batchSize,
  between,
  count,
  gamma,
  learningRate,
  number,
  tau,
  widths,
} from '@meow-rl/learner/settings';
import type { Setting } from '@meow-rl/learner/settings';

/** A standard deviation, or a bound, of noise that is added to actions. */
export const actionNoise = (from: {
  readonly default: number;
  readonly source: string;
  readonly description: string;
}): Setting<number> =>
  number(between(0, 2), { ...from, remedy: 'Actions range from -1 to 1, so that 2 is all of their range.' });

/** Where the defaults of the settings come from that algorithms with a deterministic policy have alike. */
export type DeterministicSources = Readonly<
  Record<
    'gamma' | 'tau' | 'batchSize' | 'policyLearningRate' | 'qLearningRate' | 'hidden' | 'explorationNoise',
    string
  >
>;

/** The settings that algorithms with a deterministic policy have alike. */
export const deterministicSettings = (sources: DeterministicSources) => ({
  gamma: gamma({ default: 0.99, source: sources.gamma }),
  tau: tau({
    default: 0.005,
    source: sources.tau,
    description: 'step of the target networks towards the trained ones, whenever the policy is trained',
  }),
  batchSize: batchSize({ default: 256, source: sources.batchSize }),
  policyLearningRate: learningRate({
    default: 3e-4,
    source: sources.policyLearningRate,
    description: "Adam's step size for the policy",
  }),
  qLearningRate: learningRate({
    default: 3e-4,
    source: sources.qLearningRate,
    description: "Adam's step size for the critics",
  }),
  hidden: widths({
    default: [256, 256],
    source: sources.hidden,
    description: 'hidden layers of the policy and of each critic',
  }),
  explorationNoise: actionNoise({
    default: 0.1,
    source: sources.explorationNoise,
    description: 'standard deviation of the normal noise on actions in training',
  }),
});

/** Updates of the critics for each update of the policy and the targets. */
export const policyDelay = (from: { readonly default: number; readonly source: string }): Setting<number> =>
  count({ ...from, description: 'train the policy, and move the targets, in one of so many updates' });
