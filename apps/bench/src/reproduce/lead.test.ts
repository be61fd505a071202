import { expect, it } from 'vitest';

import { EXPERIMENTS, type Figure } from './experiments.ts';
import { leadOf } from './lead.ts';
import type { Plan } from './plan.ts';

const planOf = (environments: readonly string[], algorithms: readonly string[], warmup?: number): Plan => ({
  seeds: 2,
  seconds: 1,
  arms: environments.flatMap((environment) =>
    algorithms.map((algorithm) => ({
      environment,
      arm: { algorithm },
      steps: 1000,
      evaluateEvery: 100,
      seconds: 1,
      ...(warmup !== undefined && { warmup }),
    })),
  ),
});

const PAPER = 'MEow (NeurIPS 2024, arXiv 2405.13629)';

it('says what the plan runs, and what of the figure it lacks', () => {
  expect(leadOf('fig2', planOf(['Pendulum-v1'], ['meow', 'sac'], 250))).toBe(
    `MEow and SAC on Pendulum-v1, after Figure 2 of ${PAPER}, each with its presets. ` +
      'Of the figure this lacks its tasks HalfCheetah-v5, Hopper-v5, Walker2d-v5, Ant-v5 and Humanoid-v5; and TD3, DDPG, SQL and PPO. ' +
      'The runs are short, with warm-ups shortened to at most 250 steps, and show little.',
  );
  expect(leadOf('fig3', planOf(EXPERIMENTS.fig3.environments, ['sac']))).toMatch(
    /^SAC on isaac:Isaac-Ant-Direct and isaac:Isaac-Humanoid-Direct of Isaac Lab, .* lacks its tasks isaac:Isaac-Velocity-Flat-AnymalD, .*; and MEow\.$/,
  );
  expect(leadOf('ablations', planOf(['Hopper-v5'], ['sac']))).toMatch(
    /^SAC with and without reward shifting on Hopper-v5; .* lacks its task HalfCheetah-v5; and MEow\.$/,
  );
});

it.each<Figure>(['fig1', 'fig2', 'ablations'])('says of all of %s that nothing is missing', (figure) => {
  const { environments, armsOf } = EXPERIMENTS[figure];
  const algorithms = new Set(environments.flatMap(armsOf).map(({ algorithm }) => algorithm));
  expect(leadOf(figure, planOf(environments, [...algorithms]))).not.toContain('lacks');
});
