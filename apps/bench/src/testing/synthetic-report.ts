import type { DemoReport, Trajectory } from '../report/data.ts';

/** A repeatable stream of numbers in [0, 1): good enough to scatter points over a figure. */
function scatter(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

const goals = [
  { x: 5, y: 0 },
  { x: -5, y: 0 },
  { x: 0, y: 5 },
  { x: 0, y: -5 },
];

function walk(goal: number, next: () => number): Trajectory {
  const target = goals[goal] ?? { x: 0, y: 0 };
  const positions: [number, number][] = [[0.2 * (next() - 0.5), 0.2 * (next() - 0.5)]];
  for (let [x, y] = positions[0] ?? [0, 0]; Math.hypot(target.x - x, target.y - y) > 1;) {
    const distance = Math.hypot(target.x - x, target.y - y);
    x += (0.6 * (target.x - x)) / distance + 1.1 * (next() - 0.5);
    y += (0.6 * (target.y - y)) / distance + 1.1 * (next() - 0.5);
    positions.push([x, y]);
  }
  return { positions, goal };
}

/** A report such as a short training might give, with everything in it made up. */
export function syntheticReport(): DemoReport {
  const next = scatter(7);
  const ticks = Array.from({ length: 57 }, (_, index) => -7 + index / 4);
  const value = (x: number, y: number) =>
    Math.max(...goals.map((goal) => -1.6 * Math.hypot(goal.x - x, goal.y - y) ** 1.6)) +
    11 +
    0.4 * Math.sin(x);
  const samples = Array.from({ length: 13 }, (_, index) => 2 ** index);
  return {
    title: 'MEow on the multi-goal environment',
    seed: 0,
    steps: 4000,
    trainSeconds: 64.3,
    settings: {
      alpha: 2.5,
      gamma: 0.9,
      tau: 0.0005,
      learningRate: 0.001,
      hidden: [64, 64],
      shifts: true,
      env: 'MultiGoal-v0',
    },
    goals,
    goalRadius: 1,
    bounds: 7,
    softValue: {
      x: ticks,
      y: ticks,
      values: Float64Array.from(ticks.flatMap((y) => ticks.map((x) => value(x, y)))),
    },
    trajectories: Array.from({ length: 400 }, (_, index) =>
      index % 23 === 5
        ? { positions: Array.from({ length: 20 }, (_, k) => [0.25 * k * Math.cos(index), 0.12 * k] as const) }
        : walk(Math.floor(4 * next()), next),
    ),
    rollouts: 400,
    reachedByGoal: [104, 88, 121, 69],
    valueError: {
      samples,
      exact: 2.3e-5,
      importance: samples.map((m) => ({ mean: 4 / m ** 0.7, low: 2.4 / m ** 0.7, high: 6 / m ** 0.7 })),
      monteCarlo: samples.map((m) => ({
        mean: 3 + 5 / m ** 0.5,
        low: 3 + 2 / m ** 0.5,
        high: 3 + 8 / m ** 0.5,
      })),
      reference: -31.4159,
      proposal: 'a uniform policy on [-1, 1]²',
      band: 'the 95% confidence interval of 50 repetitions',
    },
    curve: Array.from({ length: 20 }, (_, index) => ({
      step: 200 * (index + 1),
      meanReturn: -900 * Math.exp(-index / 4) - 80 + 60 * (next() - 0.5),
    })),
    verify: { maxError: 3.1e-7, observations: 1000 },
    files: [
      { name: 'policy/policy.onnx', description: 'deterministic policy' },
      { name: 'policy/policy-stochastic.onnx', description: 'stochastic policy with log-probability' },
      { name: 'metrics.jsonl', description: 'one line per logged step' },
    ],
  };
}
