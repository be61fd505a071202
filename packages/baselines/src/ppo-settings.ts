import {
  batchSize,
  between,
  count,
  gamma,
  gradClip,
  learningRate,
  number,
  oneOf,
  toggle,
  widths,
} from '@meow-rl/learner/settings';
import type { SettingsOf } from '@meow-rl/learner/settings';

const cleanRl = 'CleanRL ppo_continuous_action.py';
const both = `${cleanRl} and Stable-Baselines3 PPO`;
const paper = 'Schulman et al., Proximal Policy Optimization Algorithms (2017), table 3';

/** PPO's settings: those of CleanRL's version for continuous actions. */
export const PPO_SETTINGS = {
  gamma: gamma({ default: 0.99, source: `${paper}; ${both}` }),
  gaeLambda: number(between(0, 1), {
    default: 0.95,
    source: `${paper}; ${both}`,
    description: 'λ of generalized advantage estimation: 0 trusts the critic alone, 1 the rewards alone',
  }),
  rolloutSteps: count({
    default: 2048,
    source: `${paper}; ${both}`,
    description: 'steps of each environment that are learned from at once',
  }),
  batchSize: batchSize({
    default: 64,
    source: `${paper}; ${both}`,
    description: 'transitions per gradient step; what all environments collect is to be a multiple of it',
  }),
  epochs: count({
    default: 10,
    source: `${paper}; ${both}`,
    description: 'how often each rollout is learned from',
  }),
  learningRate: learningRate({ default: 3e-4, source: `${paper}; ${both}` }),
  annealLearningRate: toggle({
    default: true,
    source: `${cleanRl}; Stable-Baselines3 has false`,
    description: 'lower the step size to 0 over the steps of the run, in a straight line',
  }),
  clipRange: number(between(1e-6, 1e6), {
    default: 0.2,
    source: `${paper}; ${both}`,
    description: 'how far the ratio of probabilities is followed from 1, and values from the old ones',
  }),
  clipValues: toggle({
    default: true,
    source: `${cleanRl}; Stable-Baselines3 has false`,
    description: "clip the critic's step as the policy's",
  }),
  normalizeAdvantages: toggle({
    default: true,
    source: both,
    description: 'standardize the advantages of each minibatch',
  }),
  valueCoefficient: number(between(0, 1e10), {
    default: 0.5,
    source: `${cleanRl}; with the 1/2 in the loss of values it is half of that of Stable-Baselines3`,
    description: 'weight of the loss of values, ½ (V − R)²',
  }),
  entropyCoefficient: number(between(0, 1e10), {
    default: 0,
    source: both,
    description: "weight of the policy's entropy",
  }),
  gradClip: gradClip({ default: 0.5, source: both }),
  targetKl: number(between(0, 1e10), {
    default: 0,
    source: `${both}: none`,
    description:
      'approxKl of the last minibatch of an epoch above which no other epoch follows; 0 for no limit',
  }),
  hidden: widths({
    default: [64, 64],
    source: both,
    description: 'hidden layers of the policy and of the critic',
  }),
  activation: oneOf(['tanh', 'relu'], {
    default: 'tanh',
    source: both,
    description: 'what comes behind each hidden layer',
  }),
  initialLogStd: number(between(-20, 20), {
    default: 0,
    source: both,
    description: 'where the log standard deviation of actions starts',
    remedy: 'It is the logarithm of a standard deviation: 0 stands for 1.',
  }),
  orthogonal: toggle({
    default: true,
    source: both,
    description:
      'start with orthogonal weights, √2 of hidden layers, 0.01 of the policy, 1 of the critic, and biases of 0; else as PyTorch',
  }),
} as const;

/** How PPO learns. */
export type PpoConfig = SettingsOf<typeof PPO_SETTINGS>;

/**
 * Checks settings against each other.
 *
 * @throws RangeError naming both
 */
export function checkPpoConfig({ batchSize: rows, normalizeAdvantages }: PpoConfig): void {
  if (normalizeAdvantages && rows < 2)
    throw new RangeError(
      `ppo: batchSize must be at least 2 with normalizeAdvantages, got ${rows}: one transition has no spread to divide by. Give at least 2, or normalizeAdvantages false.`,
    );
}
