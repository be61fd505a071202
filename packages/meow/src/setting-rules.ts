import type { MeowConfig } from './config.ts';

/** What a setting has to be. */
export interface SettingRule {
  /** Completes "must be": `a number from 1e-7 to 1`. */
  readonly expected: string;
  /** Why, or what to change instead; a sentence. */
  readonly remedy?: string;
  readonly holds: (value: unknown) => boolean;
}

const number = (expected: string, holds: (value: number) => boolean, remedy?: string): SettingRule => ({
  expected: `a number ${expected}`,
  ...(remedy !== undefined && { remedy }),
  holds: (value) => typeof value === 'number' && holds(value),
});
const between = (low: number, high: number) => (value: number) => value >= low && value <= high;
const count: SettingRule = {
  expected: 'a positive integer',
  holds: (value) => Number.isSafeInteger(value) && Number(value) > 0,
};
const units: SettingRule = {
  expected: 'a list of positive integers such as 64,64',
  holds: (value) => Array.isArray(value) && value.length > 0 && value.every(count.holds),
};
const logSigma = number(
  'from -20 to 20',
  between(-20, 20),
  'It is the logarithm of a standard deviation: 0 stands for 1.',
);

/**
 * What each setting of MEow has to be. Agents compute in 32-bit floats, so the ranges end where one update of usual numbers
 * (observations, rewards of order 1) would overflow, or change nothing.
 */
export const MEOW_SETTING_RULES: Readonly<Record<keyof MeowConfig, SettingRule>> = {
  alpha: number(
    'from 1e-10 to 1e10',
    between(1e-10, 1e10),
    'Beyond, the loss leaves 32-bit floats. Only the ratio of rewards to alpha matters: scale the rewards.',
  ),
  gamma: number(
    'from 0 to 0.9999999, or 1',
    (value) => value >= 0 && (value === 1 || value <= 0.9999999),
    'Closer to 1, 32-bit floats round it to 1.',
  ),
  tau: number(
    'from 1e-7 to 1',
    between(1e-7, 1),
    'Below, 32-bit floats round the step of the target away; 1 is a target that follows at once.',
  ),
  learningRate: number(
    'from 1e-10 to 1e10',
    between(1e-10, 1e10),
    'Below, 32-bit floats round the steps away; 1e-3 is usual.',
  ),
  gradClip: number(
    'from 1e-10 to 1e38',
    between(1e-10, 1e38),
    'Below, nothing is learned; 1e38 clips nothing.',
  ),
  batchSize: count,
  dropout: number('of at least 0 and below 1', (value) => value >= 0 && value < 1),
  couplings: count,
  hidden: units,
  shiftHidden: units,
  logSigmaMin: logSigma,
  logSigmaMax: logSigma,
};
