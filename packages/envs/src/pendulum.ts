import { box } from './box.ts';
import { createEnv, type TypedEnv } from './create-env.ts';
import { decodeNumbers, encodeNumbers } from './env-state.ts';

/** Options of {@link pendulum}. */
export interface PendulumOptions {
  /** g, acceleration due to gravity in m/s². Default: 10, as in Gymnasium. */
  readonly gravity?: number;
}

/** What {@link pendulum} understands in `reset({ options })`. */
export interface PendulumResetOptions {
  /** Start exactly here instead of anywhere: angle from upright in radians, and speed in radians per second within ±8. */
  readonly state: readonly [angle: number, speed: number];
}

/** The environment that {@link pendulum} makes; its infos are empty. */
export type PendulumEnv = TypedEnv<
  PendulumResetOptions,
  Readonly<Record<string, never>>,
  Readonly<Record<string, never>>
>;

const id = 'Pendulum-v1';
const MAX_SPEED = 8;
const MAX_TORQUE = 2;
/** Seconds that a step lasts. */
const DT = 0.05;

/**
 * Gymnasium's Pendulum-v1: swing a pole of mass and length 1 up and hold it there, with a torque u too weak to lift it at once.
 *
 *     r  = -(wrap(θ)² + 0.1 ω² + 0.001 u²)                  u clipped to [-2, 2] first, wrap to [-π, π)
 *     ω' = clip(ω + (3/2 g sin θ + 3 u) dt, ±8)             dt = 0.05
 *     θ' = θ + ω' dt
 *
 * The angle θ is 0 upright. Observation: cos θ', sin θ', ω', [3] in float64. An episode starts with θ uniform in ±π and ω in
 * ±1, and never terminates; a time limit is up to the caller, Gymnasium's is 200.
 *
 * @throws RangeError for an option that is unknown, not finite or negative
 *
 * Reference: gymnasium.envs.classic_control.pendulum, 1.3.0.
 */
export function pendulum(options: PendulumOptions = {}): PendulumEnv {
  const gravity = checkedGravity(options);
  const actionSpace = box({ low: -MAX_TORQUE, high: MAX_TORQUE, shape: [1] });
  let angle = Math.PI;
  let speed = 0;
  const observe = () => Float64Array.of(Math.cos(angle), Math.sin(angle), speed);

  return createEnv({
    id,
    observationSpace: box({ low: [-1, -1, -MAX_SPEED], high: [1, 1, MAX_SPEED] }),
    actionSpace,
    start(generator, { state }: Partial<PendulumResetOptions>) {
      if (state) checkState(state);
      [angle, speed] = state ?? [Math.PI * (2 * generator.uniform() - 1), 2 * generator.uniform() - 1];
      return { observation: observe(), info: {} };
    },
    advance(action) {
      const [torque = Number.NaN] = actionSpace.clip(action);
      const cost = wrap(angle) ** 2 + 0.1 * speed ** 2 + 0.001 * torque ** 2;
      const accelerated = speed + (((3 * gravity) / 2) * Math.sin(angle) + 3 * torque) * DT;
      speed = Math.min(Math.max(accelerated, -MAX_SPEED), MAX_SPEED);
      angle += speed * DT;
      return { observation: observe(), reward: -cost, terminated: false, truncated: false, info: {} };
    },
    capture: () => encodeNumbers([angle, speed]),
    resume(saved) {
      const [savedAngle = Number.NaN, savedSpeed = Number.NaN] = decodeNumbers(
        saved,
        `${id}: state.own.task`,
        2,
      );
      [angle, speed] = [savedAngle, savedSpeed];
    },
  });
}

/** The same direction in [-π, π), rounded as Python's `%` does. */
function wrap(angle: number): number {
  const turn = 2 * Math.PI;
  const remainder = (angle + Math.PI) % turn;
  return (remainder < 0 ? remainder + turn : remainder) - Math.PI;
}

// Options also come from configuration files, where the compiler sees neither names nor types.
function checkedGravity({ gravity = 10, ...unknown }: PendulumOptions): number {
  const [stranger] = Object.keys(unknown);
  if (stranger !== undefined)
    throw new RangeError(`${id}: option ${stranger} is unknown. Known options: gravity.`);
  if (typeof gravity === 'number' && Number.isFinite(gravity) && gravity >= 0) return gravity;
  throw new RangeError(
    `${id}: option gravity is ${String(gravity)}, expected a finite number of at least 0. ` +
      'Leave it out to take the default.',
  );
}

function checkState(state: PendulumResetOptions['state']): void {
  const isState =
    Array.isArray(state) &&
    state.length === 2 &&
    Number.isFinite(state[0]) &&
    Math.abs(state[1]) <= MAX_SPEED;
  if (isState) return;
  throw new RangeError(
    `${id}: reset({ options: { state } }) got ${JSON.stringify(state)}, ` +
      `expected [angle, speed] with a speed between -${MAX_SPEED} and ${MAX_SPEED}. Leave it out to start anywhere.`,
  );
}
