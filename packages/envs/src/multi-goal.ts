import { box } from './box.ts';
import { createEnv, type TypedEnv } from './create-env.ts';
import { decodeNumbers, encodeNumbers } from './env-state.ts';

/** A point of the plane, `[x, y]`. */
export type Point = readonly [x: number, y: number];

/** Options of {@link multiGoal}. */
export interface MultiGoalOptions {
  /** Centres of the goals. Default: (5, 0), (-5, 0), (0, 5), (0, -5). */
  readonly goals?: readonly Point[];
  /** A goal is reached strictly closer than this. Default: 1. */
  readonly goalRadius?: number;
  /** Added to the reward of the step that reaches a goal. Default: 10. */
  readonly goalReward?: number;
  /** Weight of |a|^2. Default: 30. */
  readonly actionCost?: number;
  /** Weight of the squared distance to the nearest goal. Default: 1. */
  readonly distanceCost?: number;
  /** Standard deviation of the start position, per coordinate, around the origin. Default: 0.1. */
  readonly startSigma?: number;
  /** Standard deviation of the noise added to every move, per coordinate. Default: 0. */
  readonly noise?: number;
  /** Positions are clipped to [-extent, extent] in both coordinates. Default: 7. */
  readonly extent?: number;
}

/** What {@link multiGoal} understands in `reset({ options })`. */
export interface MultiGoalResetOptions {
  /** Start exactly here instead of near the origin. */
  readonly position: Point;
}

/** The info of a step: the index in `goals` of the goal reached, `undefined` on the way. */
export type MultiGoalInfo = Readonly<{ goal: number | undefined }>;

/** The environment that {@link multiGoal} makes. */
export type MultiGoalEnv = TypedEnv<MultiGoalResetOptions, Readonly<Record<string, never>>, MultiGoalInfo>;

/** The settings of the paper, for whoever draws the task. */
export const multiGoalDefaults: Readonly<Required<MultiGoalOptions>> = Object.freeze({
  goals: [
    [5, 0],
    [-5, 0],
    [0, 5],
    [0, -5],
  ] as const,
  goalRadius: 1,
  goalReward: 10,
  actionCost: 30,
  distanceCost: 1,
  startSigma: 0.1,
  noise: 0,
  extent: 7,
});

/**
 * The multi-goal task: a point of the plane that may go to any of four goals, so that a policy worth its entropy goes
 * to all of them.
 *
 *     p' = clip(p + a + noise · ε, ±extent)        a clipped to [-1, 1]² first, ε ~ N(0, I)
 *     d  = min over goals of |p' - goal|
 *     r  = -(actionCost |a|² + distanceCost d²) + (goalReward if d < goalRadius)
 *
 * The observation is the position. The episode terminates at a goal; a time limit is up to the caller.
 *
 * @throws RangeError for an option that is unknown, not finite, negative, or without goals
 *
 * Reference: Haarnoja et al., Reinforcement learning with deep energy-based policies (2017), section 5.1; settings of
 * Chao et al., Maximum entropy reinforcement learning via energy-based normalizing flow (2024).
 */
export function multiGoal(options: MultiGoalOptions = {}): MultiGoalEnv {
  checkOptions(options);
  const { goals, goalRadius, goalReward, actionCost, distanceCost, startSigma, noise, extent } = {
    ...multiGoalDefaults,
    ...options,
  };
  const actionSpace = box({ low: -1, high: 1, shape: [2] });
  const clip = (x: number) => Math.min(Math.max(x, -extent), extent);
  let x = 0;
  let y = 0;

  return createEnv({
    id,
    observationSpace: box({ low: -extent, high: extent, shape: [2] }),
    actionSpace,
    start(generator, { position }: Partial<MultiGoalResetOptions>) {
      if (position) {
        checkPosition(position, extent);
        [x, y] = position;
      } else {
        x = clip(startSigma * generator.normal());
        y = clip(startSigma * generator.normal());
      }
      return { observation: Float64Array.of(x, y), info: {} };
    },
    advance(action, generator) {
      const [ax = 0, ay = 0] = actionSpace.clip(action);
      // Without noise nothing is drawn, so the generator's state says how many episodes began and no more.
      x = clip(x + ax + (noise > 0 ? noise * generator.normal() : 0));
      y = clip(y + ay + (noise > 0 ? noise * generator.normal() : 0));
      const { goal, squared } = nearestGoal(goals, x, y);
      const reached = squared < goalRadius ** 2;
      const cost = actionCost * (ax * ax + ay * ay) + distanceCost * squared;
      return {
        observation: Float64Array.of(x, y),
        reward: (reached ? goalReward : 0) - cost,
        terminated: reached,
        truncated: false,
        info: { goal: reached ? goal : undefined },
      };
    },
    capture: () => encodeNumbers([x, y]),
    resume(saved) {
      [x = 0, y = 0] = decodeNumbers(saved, `${id}: state.own.task`, 2);
    },
  });
}

const id = 'MultiGoal-v0';

function nearestGoal(goals: readonly Point[], x: number, y: number) {
  let goal = 0;
  let squared = Number.POSITIVE_INFINITY;
  for (const [index, [gx, gy]] of goals.entries()) {
    const candidate = (x - gx) ** 2 + (y - gy) ** 2;
    if (candidate < squared) [goal, squared] = [index, candidate];
  }
  return { goal, squared };
}

// Options also come from configuration files, where the compiler sees neither names nor types.
function checkOptions(options: MultiGoalOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(multiGoalDefaults, name)) {
      const known = Object.keys(multiGoalDefaults).join(', ');
      throw new RangeError(`${id}: option ${name} is unknown. Known options: ${known}.`);
    }
    if (name === 'goals') checkGoals(value);
    else if (!(typeof value === 'number' && Number.isFinite(value) && value >= 0)) {
      throw new RangeError(
        `${id}: option ${name} is ${String(value)}, expected a finite number of at least 0. ` +
          'Leave it out to take the default.',
      );
    }
  }
}

function checkGoals(goals: unknown): void {
  if (!Array.isArray(goals) || goals.length === 0 || !goals.every(isPoint)) {
    throw new RangeError(
      `${id}: option goals is ${JSON.stringify(goals)}, expected at least one [x, y] of finite numbers. ` +
        'Leave it out to take the four goals of the paper.',
    );
  }
}

function checkPosition(position: Point, extent: number): void {
  if (!isPoint(position) || position.some((coordinate) => Math.abs(coordinate) > extent)) {
    throw new RangeError(
      `${id}: reset({ options: { position } }) got ${JSON.stringify(position)}, ` +
        `expected [x, y] between -${extent} and ${extent}. Leave it out to start near the origin.`,
    );
  }
}

const isPoint = (value: unknown): value is Point =>
  Array.isArray(value) && value.length === 2 && value.every((coordinate) => Number.isFinite(coordinate));
