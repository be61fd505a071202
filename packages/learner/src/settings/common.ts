import { between, count, number } from './setting.ts';
import type { Range, Setting, SettingDescription } from './setting.ts';

/*
 * Settings that many algorithms have, with ranges that are the same for all: agents compute in 32-bit floats, so the ranges end
 * where one update of usual numbers (observations, rewards of order 1) would overflow, or change nothing.
 */

type From<T> = Pick<SettingDescription<T>, 'default' | 'source'> & Partial<SettingDescription<T>>;

const DISCOUNT: Range = {
  words: 'from 0 to 0.9999999, or 1',
  holds: (value) => value >= 0 && (value === 1 || value <= 0.9999999),
};

/** Discount γ per step. */
export const gamma = (from: From<number>): Setting<number> =>
  number(DISCOUNT, {
    description: 'discount factor',
    remedy: 'Closer to 1, 32-bit floats round it to 1.',
    ...from,
  });

/** Polyak rate τ of the target. */
export const tau = (from: From<number>): Setting<number> =>
  number(between(1e-7, 1), {
    description: 'step of the target network towards the trained one, each update',
    remedy: 'Below, 32-bit floats round the step of the target away; 1 is a target that follows at once.',
    ...from,
  });

/** Adam's step size. */
export const learningRate = (from: From<number>): Setting<number> =>
  number(between(1e-10, 1e10), {
    description: "Adam's step size",
    remedy: 'Below, 32-bit floats round the steps away; 1e-3 is usual.',
    ...from,
  });

/** Largest 2-norm of the gradient; larger ones are scaled down to it. */
export const gradClip = (from: From<number>): Setting<number> =>
  number(between(1e-10, 1e38), {
    description: 'largest norm of the gradient',
    remedy: 'Below, nothing is learned; 1e38 clips nothing.',
    ...from,
  });

/** Transitions per update. */
export const batchSize = (from: From<number>): Setting<number> =>
  count({ description: 'transitions per update', ...from });
