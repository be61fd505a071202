import { describe, expect, it } from 'vitest';

import { evaluateEvery } from './evaluate-every.ts';
import { EXPERIMENTS, ISAAC_GPU_ENVIRONMENTS } from './experiments.ts';
import { makespan, planWithin, shortenedWarmup, type ArmCost, type CostOf, type Limits } from './plan.ts';

const HOUR = 3600;
const limits: Limits = { budgetSeconds: HOUR, cores: 2, evaluationEpisodes: 5, noiseEpisodes: 0 };

/** How many a run of so many steps has. */
const evaluations = (steps: number, task: string) => Math.floor(steps / evaluateEvery(steps, task));

/** Milliseconds per step of each algorithm. */
const RATES: Readonly<Record<string, number>> = { meow: 7, sac: 9, td3: 5, ddpg: 5, sql: 10, ppo: 0.5 };

const costOf: CostOf = (environment, arm): ArmCost => ({
  environment,
  arm,
  startSeconds: 5,
  stepSeconds: (RATES[arm.algorithm] ?? Number.NaN) / 1000,
  episodeSeconds: 0.2,
});

const planned = (changes: Partial<Limits>, figure: 'fig1' | 'fig2' | 'ablations' = 'fig2') => {
  const result = planWithin(EXPERIMENTS[figure], costOf, { ...limits, ...changes });
  if (!('plan' in result)) throw new Error(`no plan: it takes ${result.leastSeconds} seconds`);
  const { plan } = result;
  return {
    ...plan,
    environments: [...new Set(plan.arms.map(({ environment }) => environment))],
    steps: [...new Set(plan.arms.map(({ steps }) => steps))],
  };
};

describe('makespan', () => {
  it('gives each free core the longest run that is left', () => {
    expect(makespan([3, 3, 2, 2, 2], 2)).toBe(7);
    expect(makespan([5, 1, 1, 1], 2)).toBe(5);
    expect(makespan([1, 2, 3], 1)).toBe(6);
    expect(makespan([], 3)).toBe(0);
  });
});

describe('planWithin', () => {
  it('has all six algorithms on one task in 20 minutes', () => {
    const { environments, seeds, steps, arms, seconds } = planned({ budgetSeconds: HOUR / 3 });
    expect(environments).toEqual(['HalfCheetah-v5']);
    expect(arms.map(({ arm }) => arm.algorithm)).toEqual(['meow', 'sac', 'td3', 'ddpg', 'sql', 'ppo']);
    expect(seeds).toBe(1);
    expect(steps).toEqual([50_000]);
    expect(seconds).toBeGreaterThan(0.7 * (HOUR / 3));
    expect(seconds).toBeLessThanOrEqual(HOUR / 3);
  });

  it('takes up more seeds, then more tasks, as the budget grows', () => {
    const sizes = [1, 2, 5, 10, 50, 100].map((hours) => {
      const { environments, seeds, steps } = planned({ budgetSeconds: hours * HOUR });
      return [environments.length, seeds, Math.max(...steps)];
    });
    expect(sizes).toEqual([
      [1, 2, 80_000],
      [1, 3, 120_000],
      [1, 5, 150_000],
      [1, 5, 300_000],
      [5, 5, 300_000],
      [5, 5, 600_000],
    ]);
  });

  it('goes no further than the paper', () => {
    const { environments, steps, arms } = planned({ budgetSeconds: 1e9 });
    expect(environments).toHaveLength(5);
    expect(steps).toEqual([1_500_000, 4_000_000, 5_000_000]);
    expect(new Set(arms.map(({ evaluateEvery }) => evaluateEvery))).toEqual(new Set([10_000]));
  });

  it('keeps what was asked for', () => {
    const chosen = planned({ budgetSeconds: 100 * HOUR, seeds: 4, steps: 40_000 });
    expect([chosen.environments.length, chosen.seeds, chosen.steps]).toEqual([5, 4, [40_000]]);
    const two = { ...EXPERIMENTS.fig2, environments: ['Hopper-v5', 'Ant-v5'] };
    const result = planWithin(two, costOf, { ...limits, environments: two.environments });
    expect('plan' in result && result.plan.arms).toHaveLength(12);
    // More than the paper's too.
    const longer = planned({ budgetSeconds: 1000 * HOUR, seeds: 1, steps: 2_000_000 });
    expect(longer.steps).toEqual([2_000_000]);
  });

  it('comes down to fewer steps with shorter warm-ups, and says how long the fewest take', () => {
    const { seeds, steps, arms } = planned({ budgetSeconds: 200 });
    expect([seeds, steps]).toEqual([1, [6000]]);
    // SQL's is of 1,000 steps, and PPO has none.
    expect(arms.map(({ warmup }) => warmup)).toEqual([1500, 1500, 1500, 1500, undefined, undefined]);
    expect(planned({ budgetSeconds: HOUR }).arms[0]?.warmup).toBeUndefined();

    const result = planWithin(EXPERIMENTS.fig2, costOf, { ...limits, budgetSeconds: 60 });
    if (!('leastSeconds' in result)) throw new Error('there is a plan');
    // 2,500 steps of all six on two cores, with 10 evaluations of 10 episodes.
    const core = 2.5 * (7 + 9 + 5 + 5 + 10 + 0.5) + 6 * (5 + 100 * 0.2);
    expect(result.leastSeconds).toBeGreaterThan(core / 2);
    expect(result.leastSeconds).toBeLessThan(1.1 * (core / 2));
    const next = planWithin(EXPERIMENTS.fig2, costOf, { ...limits, budgetSeconds: result.leastSeconds });
    expect('plan' in next && next.plan.arms[0]?.steps).toBe(2500);
  });

  it('comes down to no fewer steps than a rollout of what learns from those', () => {
    const pendulum = { ...EXPERIMENTS.fig2, environments: ['Pendulum-v1'] };
    const shortest = (experiment: typeof pendulum) => {
      const given = { ...limits, environments: experiment.environments, budgetSeconds: 1 };
      const result = planWithin(experiment, costOf, given);
      if (!('leastSeconds' in result)) throw new Error('there is a plan');
      const next = planWithin(experiment, costOf, { ...given, budgetSeconds: result.leastSeconds });
      return 'plan' in next && next.plan.arms[0]?.steps;
    };
    // PPO's preset has 1,024 steps of four environments.
    expect(shortest(pendulum)).toBe(4096);
    expect(shortest({ ...pendulum, armsOf: () => [{ algorithm: 'sac' }] })).toBe(2500);
  });

  it('leaves warm-ups alone that are shorter than a quarter of the run', () => {
    const { arms, ...plan } = planned({ steps: 20_000, budgetSeconds: 10 * HOUR }, 'fig1');
    // The preset's 1,000 of 20,000.
    expect(arms.map(({ warmup }) => warmup)).toEqual([undefined]);
    expect(shortenedWarmup({ ...plan, arms })).toBeUndefined();
    const shorter = planned({ steps: 2000, budgetSeconds: 10 * HOUR }, 'fig1');
    expect(shorter.arms[0]?.warmup).toBe(500);

    const hopper = { ...EXPERIMENTS.fig2, environments: ['Hopper-v5'] };
    const result = planWithin(hopper, costOf, { ...limits, budgetSeconds: HOUR, steps: 12_000 });
    if (!('plan' in result)) throw new Error('there is no plan');
    expect(result.plan.arms.slice(0, 2).map(({ warmup }) => warmup)).toEqual([3000, 3000]);
    expect(shortenedWarmup(result.plan)).toBe(3000);
  });

  it('has the paper’s steps of each task', () => {
    const { fig2, fig3 } = EXPERIMENTS;
    const tasks = ['HalfCheetah-v5', 'HalfCheetah-v4', 'Humanoid-v5', 'Swimmer-v5'];
    expect(tasks.map(fig2.stepsOf)).toEqual([1_500_000, 1_500_000, 5_000_000, 1_000_000]);
    const simulated = [...fig3.environments, ...ISAAC_GPU_ENVIRONMENTS];
    expect(simulated.map((task) => fig3.stepsOf(task) / 1_000_000)).toEqual([128, 128, 128, 512, 512]);
  });

  it('counts episodes of evaluations and with noise', () => {
    const without = planned({
      seeds: 1,
      steps: 20_000,
      environments: ['HalfCheetah-v5'],
      budgetSeconds: 1e6,
    });
    const noisy = planned({
      seeds: 1,
      steps: 20_000,
      environments: ['HalfCheetah-v5'],
      budgetSeconds: 1e6,
      noiseEpisodes: 10,
    });
    expect(noisy.seconds - without.seconds).toBeCloseTo(noisy.arms.length * 10 * 0.2, 9);
    // MEow: start, steps, 10 evaluations with 5 deterministic and 5 sampled episodes.
    expect(without.arms[0]?.seconds).toBeCloseTo(5 + 20 * 7 + 10 * 10 * 0.2, 9);
  });

  it('evaluates in simulators less often the shorter the run', () => {
    const [ant = ''] = EXPERIMENTS.fig3.environments;
    expect([128_000, 1_280_000, 2_560_000, 128_000_000].map((steps) => evaluations(steps, ant))).toEqual([
      5, 5, 10, 20,
    ]);
    // 512 of these step together: 10,000 of their steps.
    const franka = 'isaac:Isaac-Open-Drawer-Franka-Direct';
    expect([5_120_000, 20_480_000].map((steps) => evaluations(steps, franka))).toEqual([5, 20]);
    // Eight step together, in this process.
    expect(evaluations(37_000, 'MultiGoal-v0')).toBe(20);
  });

  it.each([
    ['isaac:Isaac-Ant-Direct', 2_000_000, 7],
    ['isaac:Isaac-Ant-Direct', 2_500_000, 9],
    ['HalfCheetah-v5', 12_345, 10],
    ['HalfCheetah-v5', 33_333, 20],
    ['HalfCheetah-v5', 205_000, 21],
    ['HalfCheetah-v5', 6_000_000, 600],
  ])('has the last evaluation on %s at the end of %i steps', (environment, steps, count) => {
    expect(evaluations(steps, environment)).toBe(count);
    expect(steps % evaluateEvery(steps, environment)).toBeLessThan(count);
  });

  it('has only the demo’s number of steps for the multi-goal environment', () => {
    const { seeds, steps } = planned({ budgetSeconds: HOUR }, 'fig1');
    expect([seeds, steps]).toEqual([5, [37_000]]);
  });

  it('trains each arm of the ablations with its task’s preset', () => {
    const presets = planned({ budgetSeconds: 1000 * HOUR }, 'ablations').arms.map(
      ({ arm }) => arm.preset ?? arm.algorithm,
    );
    expect(presets.slice(0, 6)).toEqual([
      'meow',
      'half-cheetah-one-shift',
      'half-cheetah-no-shift',
      'half-cheetah-affine',
      'sac',
      'mujoco-shifted',
    ]);
    expect(presets.slice(6)).toEqual([
      'meow',
      'hopper-one-shift',
      'hopper-no-shift',
      'hopper-affine',
      'sac',
      'mujoco-shifted',
    ]);
    expect(EXPERIMENTS.ablations.armsOf('Humanoid-v4').map(({ preset }) => preset)).toEqual([
      undefined,
      'humanoid-one-shift',
      'humanoid-no-shift',
      'humanoid-affine',
      undefined,
      'humanoid-shifted',
    ]);
  });
});
