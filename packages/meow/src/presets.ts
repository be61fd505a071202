import type { MeowConfig } from './config.ts';

/** Settings of an agent and of its training that were found to work together. */
export interface MeowPreset {
  readonly agent: Partial<MeowConfig>;
  /** Environment steps. */
  readonly steps: number;
  /** Steps with random actions before the first update. */
  readonly warmup: number;
}

/**
 * The authors' settings for the multi-goal task. After 4,000 steps rarely all four goals are reached often.
 *
 * Reference: Chao et al., MEow (2024), appendix on experimental setups.
 */
export const MULTI_GOAL_PAPER: MeowPreset = {
  agent: { alpha: 2.5, gamma: 0.9, tau: 0.0005, logSigmaMin: -2, logSigmaMax: 1 },
  steps: 4000,
  warmup: 1000,
};
