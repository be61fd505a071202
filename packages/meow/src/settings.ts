import {
  batchSize,
  between,
  count,
  defaultsOf,
  fromBelow,
  gamma,
  gradClip,
  integer,
  learningRate,
  number,
  oneOf,
  resolveConfig,
  tau,
  toggle,
  widths,
} from '@meow-rl/learner/settings';
import type { Range, SettingsOf } from '@meow-rl/learner/settings';

const paper = 'Chao et al., MEow (2024), appendix on experimental setups';
const hopper = `${paper}: Hopper`;
const measured = 'measured: docs/algorithms/meow.md, "A soft value that stays exact"';

const logSigma = (bound: 'lower' | 'upper', value: number) =>
  number(between(-20, 20), {
    default: value,
    source: hopper,
    description: `${bound} bound of the prior's log standard deviation`,
    remedy: 'It is the logarithm of a standard deviation: 0 stands for 1.',
  });

const BOUND: Range = {
  words: 'from 1e-6 to 1e10, or 0',
  holds: (value) => value === 0 || (value >= 1e-6 && value <= 1e10),
};

/** MEow's settings. The defaults are the paper's for Hopper; other tasks differ in few of them. */
export const MEOW_SETTINGS = {
  alpha: number(between(1e-10, 1e10), {
    default: 0.25,
    source: hopper,
    description: 'temperature: weight of the entropy against the reward',
    remedy:
      'Beyond, the loss leaves 32-bit floats. Only the ratio of rewards to alpha matters: scale the rewards.',
  }),
  gamma: gamma({ default: 0.99, source: paper }),
  tau: tau({ default: 0.005, source: hopper }),
  learningRate: learningRate({ default: 1e-3, source: paper }),
  gradClip: gradClip({ default: 30, source: paper }),
  batchSize: batchSize({ default: 256, source: paper }),
  dropout: number(
    fromBelow(0, 1),
    {
      default: 0.1,
      source: paper,
      description: 'share of hidden units dropped in the couplings while training',
    },
    'p',
  ),
  couplings: count({ default: 4, source: paper, description: 'coupling layers in the flow' }),
  layers: oneOf(['additive', 'affine', 'spline'], {
    default: 'additive',
    source: 'Chao et al., MEow (2024), "Practical implementation"; its ablation has affine',
    description:
      'what couplings do to the entries that they move: shift, scale and shift, or bend by a rational-quadratic spline',
  }),
  linear: oneOf(['none', 'lu'], {
    default: 'none',
    source: 'Chao et al., MEow (2024), "Practical implementation": none',
    description: 'whether a trained linear layer in LU form mixes all entries before each coupling',
  }),
  deterministic: oneOf(['mode', 'best-of-k'], {
    default: 'mode',
    source: 'Chao et al., MEow (2024), Proposition 2',
    description:
      "the deterministic action: the image of the prior's mode, or the best by Q of `candidates` fixed samples",
  }),
  candidates: integer(between(1, 1024), {
    default: 32,
    source: 'untuned',
    description: 'samples that best-of-k takes the best of',
    onlyWith: { deterministic: ['best-of-k'] },
  }),
  hidden: widths({
    default: [64, 64],
    source: paper,
    description: 'hidden layers of the couplings and the prior',
  }),
  shifts: oneOf([0, 1, 2], {
    default: 2,
    source: 'Chao et al., MEow (2024), "Practical implementation": 2; its ablation has 0 and 1',
    description: 'learnable reward shifts: 2 give twin soft values, of which the smaller one is the target',
  }),
  shiftHidden: widths({
    default: [256, 256],
    source: paper,
    description: 'hidden layers of the reward shifts',
  }),
  coordinates: oneOf(['latent', 'action'], {
    default: 'latent',
    formerly: 'action',
    source: `${measured}; the published form has action`,
    description:
      'where Q is trained: at the latent before the squash, or at the action, clipped where it is near ±1',
  }),
  couplingBound: number(BOUND, {
    default: 1.5,
    formerly: 0,
    source: `${measured}; the published form has 0`,
    description: 'most that an additive coupling moves an entry by, before the squash; 0 for no bound',
    remedy: 'A bound below moves nothing; 0 bounds nothing.',
    // Affine and spline couplings have bounds of their own: of the scale, and the spline's interval.
    onlyWith: { layers: ['additive'] },
  }),
  uniformShare: number(
    fromBelow(0, 0.5),
    {
      default: 1e-5,
      formerly: 0,
      source: `${measured}; the published form has 0`,
      description: "share of the uniform density in the policy's, which no action then has less of",
      remedy: 'With 0 the density is that of the flow alone.',
    },
    'p',
  ),
  logSigmaMin: logSigma('lower', -5),
  logSigmaMax: logSigma('upper', -0.3),
  tuneTemperature: toggle({
    default: false,
    source: `${paper}: a fixed temperature`,
    description:
      'adjust the temperature, from alpha on, so that the entropy is targetEntropyPerAction times the entries of an action',
  }),
  targetEntropyPerAction: number(between(-1e6, 1e6), {
    default: -1,
    source: 'Haarnoja et al., Soft Actor-Critic Algorithms and Applications (2018), appendix D',
    description: 'entropy that the temperature is adjusted to, in nats for each entry of an action',
    onlyWith: { tuneTemperature: [true] },
  }),
  temperatureLearningRate: learningRate({
    default: 1e-3,
    source: 'as learningRate',
    description: "Adam's step size for the temperature",
    onlyWith: { tuneTemperature: [true] },
  }),
} as const;

/** How strongly, how fast and with which networks MEow learns. */
export type MeowConfig = SettingsOf<typeof MEOW_SETTINGS>;

/** The defaults of all settings. */
export const MEOW_DEFAULTS: MeowConfig = defaultsOf(MEOW_SETTINGS);

/**
 * Checks settings against each other.
 *
 * @throws RangeError naming both
 */
export function checkMeowConfig({ logSigmaMin, logSigmaMax }: MeowConfig): void {
  if (logSigmaMin >= logSigmaMax)
    throw new RangeError(
      `meow: logSigmaMin must be less than logSigmaMax, got ${logSigmaMin} and ${logSigmaMax}.`,
    );
}

/**
 * Why the policy has no deterministic action and which settings give it one; undefined where it has one.
 *
 * Reference: Chao et al., MEow (2024), Proposition 2.
 */
export const whyWithoutMode = ({ layers, deterministic }: MeowConfig): string | undefined =>
  layers === 'additive' || deterministic === 'best-of-k'
    ? undefined
    : `With layers ${layers} the Jacobian determinant depends on the action, so that the image of the prior's mode is not the most likely action (Proposition 2). Set deterministic to best-of-k, or layers to additive`;

/**
 * Fills in the defaults and checks every field.
 *
 * @throws RangeError naming the field, what was expected, what came and what to do
 */
export function resolveMeowConfig(options: Partial<MeowConfig> = {}): MeowConfig {
  return resolveConfig({ name: 'meow', settings: MEOW_SETTINGS, check: checkMeowConfig }, options);
}
