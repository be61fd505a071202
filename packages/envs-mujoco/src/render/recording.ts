import type { Scene } from './scene.ts';

/** How an episode ended; `diverged` if the simulation did, `unfinished` if the recording stops before the end. */
export const endings = ['terminated', 'truncated', 'diverged', 'unfinished'] as const;
export type Ending = (typeof endings)[number];

/** An episode as it can be drawn again. */
export interface Recording {
  /** Id of the environment. */
  readonly environment: string;
  /** What else there is to say, in one line: the policy, its training, the seed. May be empty. */
  readonly caption: string;
  /** Simulated seconds from one frame to the next. */
  readonly dt: number;
  readonly scene: Scene;
  /** [steps + 1, nq] positions after the reset and after each step, rows one after the other. */
  readonly qpos: Float32Array;
  /** [steps] */
  readonly rewards: Float32Array;
  /** Sum of the rewards before they were rounded to float32. */
  readonly episodeReturn: number;
  readonly ending: Ending;
}

/** Positions in a frame: 0 is the reset, `steps` the end. A view, not a copy. */
export const frame = ({ qpos, scene: { nq } }: Recording, index: number): Float32Array =>
  qpos.subarray(nq * index, nq * (index + 1));

/** Number of steps. */
export const steps = ({ rewards }: Recording): number => rewards.length;

/**
 * Positions at a time between frames. Rotations of free and ball joints go the short way, everything else straight.
 *
 * @param time seconds from the reset, clamped to the recording
 */
export function positionsAt(recording: Recording, time: number): Float32Array {
  const last = steps(recording);
  const place = Math.min(Math.max(time / recording.dt, 0), last);
  const before = Math.min(Math.floor(place), Math.max(last - 1, 0));
  const [from, to] = [frame(recording, before), frame(recording, Math.min(before + 1, last))];
  const share = place - before;
  const mixed = from.map((value, i) => value + share * ((to[i] ?? value) - value));
  for (const address of rotationAddresses(recording.scene)) {
    let dot = 0;
    for (let i = address; i < address + 4; i += 1) dot += (from[i] ?? 0) * (to[i] ?? 0);
    // q and −q are the same rotation. Kinematics normalize what comes out.
    const sign = dot < 0 ? -1 : 1;
    for (let i = address; i < address + 4; i += 1)
      mixed[i] = (1 - share) * (from[i] ?? 0) + share * sign * (to[i] ?? 0);
  }
  return mixed;
}

const rotationAddresses = ({ bodies }: Scene) =>
  bodies
    .flatMap(({ joints }) => joints)
    .flatMap(({ type, address }) => (type === 'free' ? [address + 3] : type === 'ball' ? [address] : []));
