/** A point of the plane. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The mean of repeated measurements with the band drawn around it. */
export interface Band {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** A function sampled on a regular grid. */
export interface Grid {
  /** Evenly spaced, ascending. */
  readonly x: readonly number[];
  /** Evenly spaced, ascending. */
  readonly y: readonly number[];
  /** Row-major with y outer: `values[row * x.length + column]` belongs to `(x[column], y[row])`. */
  readonly values: Float64Array;
}

/** One sampled episode. */
export interface Trajectory {
  readonly positions: readonly (readonly [number, number])[];
  /** Index into the goals; absent where the episode ended without reaching one. */
  readonly goal?: number;
}

/** Absolute errors of three ways to get the soft value at the initial state, against quadrature. */
export interface ValueError {
  /** Numbers of samples M, ascending. */
  readonly samples: readonly number[];
  /** (I): error of V(s) as the flow gives it (eq. 9); it takes no samples. */
  readonly exact: number;
  /** (II): importance sampling (eq. 5), one entry per number of samples. */
  readonly importance: readonly Band[];
  /** (III): Monte Carlo (eq. 6), one entry per number of samples. */
  readonly monteCarlo: readonly Band[];
  /** The soft value by quadrature. */
  readonly reference: number;
  /** What (II) and (III) draw their actions from, for the caption, such as `a uniform policy on [-1, 1]²`. */
  readonly proposal: string;
  /** What the bands are, for the caption, such as `the 95% confidence interval of 50 repetitions`. */
  readonly band: string;
}

/** Everything that the report of the multi-goal demo shows. */
export interface DemoReport {
  readonly title: string;
  readonly seed: number;
  /** Environment steps trained for. */
  readonly steps: number;
  readonly trainSeconds: number;
  readonly settings: Readonly<Record<string, number | string | boolean | readonly number[]>>;
  readonly goals: readonly Point[];
  readonly goalRadius: number;
  /** Positions lie in [-bounds, bounds]². */
  readonly bounds: number;
  readonly softValue: Grid;
  readonly trajectories: readonly Trajectory[];
  /** Episodes behind `reachedByGoal`. */
  readonly rollouts: number;
  /** Episodes that reached each goal, in the order of `goals`. */
  readonly reachedByGoal: readonly number[];
  readonly valueError: ValueError;
  readonly curve: readonly { readonly step: number; readonly meanReturn: number }[];
  /** Largest difference between the agent and its exported files, and the observations it was taken over. */
  readonly verify: { readonly maxError: number; readonly observations: number };
  readonly files: readonly { readonly name: string; readonly description: string }[];
}
