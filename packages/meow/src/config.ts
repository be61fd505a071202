import { MEOW_SETTING_RULES } from './setting-rules.ts';

/** How strongly, how fast and with which networks MEow learns. Every field has the paper's value as default. */
export interface MeowConfig {
  /** Temperature α of the entropy in the objective, in units of reward; default 0.25 (Hopper, HalfCheetah). */
  readonly alpha: number;
  /** Discount γ per step, for whoever makes the replay buffer: updates take a batch's `discounts`. Default 0.99. */
  readonly gamma: number;
  /** Polyak rate τ of the target; default 0.005 (Hopper, Walker2d). */
  readonly tau: number;
  /** Adam's step size; default 1e-3. */
  readonly learningRate: number;
  /** Largest 2-norm of the gradient; larger ones are scaled down to it; default 30. */
  readonly gradClip: number;
  /** Transitions per update; default 256. */
  readonly batchSize: number;
  /** Share of hidden units of the couplings dropped in an update; default 0.1. Never dropped in acting. */
  readonly dropout: number;
  /** Number of additive couplings, with alternating masks; default 4. */
  readonly couplings: number;
  /** Hidden units of the couplings' and the prior's networks; default [64, 64]. */
  readonly hidden: readonly number[];
  /** Hidden units of the two reward shift networks; default [256, 256]. */
  readonly shiftHidden: readonly number[];
  /** Smallest log σ of the prior; default -5. */
  readonly logSigmaMin: number;
  /** Largest log σ of the prior; default -0.3. */
  readonly logSigmaMax: number;
}

/** Settings of the paper for Hopper; the other tasks differ in few of them, see the presets. */
export const MEOW_DEFAULTS: MeowConfig = {
  alpha: 0.25,
  gamma: 0.99,
  tau: 0.005,
  learningRate: 1e-3,
  gradClip: 30,
  batchSize: 256,
  dropout: 0.1,
  couplings: 4,
  hidden: [64, 64],
  shiftHidden: [256, 256],
  logSigmaMin: -5,
  logSigmaMax: -0.3,
};

/** JSON has no NaN and no infinities. */
const shown = (value: unknown): string => (typeof value === 'number' ? String(value) : JSON.stringify(value));

/**
 * Fills in the defaults and checks every field.
 *
 * @throws RangeError naming the field, what was expected, what came and what to do
 */
export function resolveMeowConfig(options: Partial<MeowConfig> = {}): MeowConfig {
  const unknown = Object.keys(options).find((key) => !Object.hasOwn(MEOW_DEFAULTS, key));
  if (unknown !== undefined)
    throw new RangeError(`meow: unknown option ${unknown}. Known: ${Object.keys(MEOW_DEFAULTS).join(', ')}.`);
  const config: MeowConfig = { ...MEOW_DEFAULTS, ...options };
  for (const [key, { holds, expected, remedy }] of Object.entries(MEOW_SETTING_RULES)) {
    const value: unknown = Reflect.get(config, key);
    if (holds(value)) continue;
    const advice = remedy === undefined ? '' : ` ${remedy}`;
    throw new RangeError(`meow: ${key} must be ${expected}, got ${shown(value)}.${advice}`);
  }
  if (config.logSigmaMin >= config.logSigmaMax)
    throw new RangeError(
      `meow: logSigmaMin must be less than logSigmaMax, got ${config.logSigmaMin} and ${config.logSigmaMax}.`,
    );
  return config;
}
