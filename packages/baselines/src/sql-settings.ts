import {
  batchSize,
  between,
  gamma,
  integer,
  learningRate,
  number,
  tau,
  widths,
} from '@meow-rl/learner/settings';
import type { SettingsOf } from '@meow-rl/learner/settings';

const meow = 'Chao et al., MEow (2024), appendix on experimental setups: its SQL';
const authors = "the authors' softqlearning, examples/mujoco_all_sql.py";
const half = `${authors}: kernel_particles 16, kernel_update_ratio 0.5`;

/** SQL's settings. The defaults are those that the MEow paper compares with; what it leaves open is as in the authors' code. */
export const SQL_SETTINGS = {
  alpha: number(between(1e-10, 1e10), {
    default: 1,
    source: `${authors}: it scales rewards instead`,
    description: 'temperature: weight of the entropy against the scaled reward',
  }),
  rewardScale: number(between(1e-10, 1e10), {
    default: 1,
    source: 'none; presets have those of the tasks',
    description: 'factor of all rewards; twice as much is half the temperature',
  }),
  gamma: gamma({ default: 0.99, source: authors }),
  tau: tau({ default: 0.005, source: `${meow}; ${authors} copies every 1000 updates` }),
  learningRate: learningRate({
    default: 3e-4,
    source: `${meow}; ${authors}`,
    description: "Adam's step size for critic and sampler",
  }),
  batchSize: batchSize({ default: 128, source: authors }),
  hidden: widths({
    default: [128, 128],
    source: `${meow}; ${authors}`,
    description: 'hidden layers of the critic and of the sampler',
  }),
  valueParticles: integer(between(1, 1024), {
    default: 16,
    source: `${meow}; ${authors}`,
    description: 'random actions of each next state that its soft value is estimated from',
  }),
  fixedParticles: integer(between(2, 256), {
    default: 8,
    source: half,
    description: "sampled actions of each state at which Q's slope is taken",
    remedy: "The kernel's bandwidth is divided by the logarithm of it.",
  }),
  updatedParticles: integer(between(1, 256), {
    default: 8,
    source: half,
    description: 'sampled actions of each state that the sampler learns to move',
  }),
  candidates: integer(between(1, 1024), {
    default: 16,
    source: 'as many as the particles; the authors evaluate sampled actions',
    description: 'sampled actions of which the deterministic one is that with the largest Q',
  }),
} as const;

/** How SQL learns. */
export type SqlConfig = SettingsOf<typeof SQL_SETTINGS>;
