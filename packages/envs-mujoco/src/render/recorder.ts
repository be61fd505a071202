import { wrapEnv, type Env } from '@meow-rl/envs';

import type { MujocoEnv } from '../task-env.ts';
import type { Ending, Recording } from './recording.ts';
import { describeScene } from './scene.ts';

/** Options of {@link recordEpisode}. */
export interface RecorderOptions {
  /** One line about the policy, its training, the seed. Default: empty. */
  readonly caption?: string;
  /** Called after the last step of every episode. Default: nothing is. */
  readonly onEpisode?: (recording: Recording) => void;
}

/** An environment that remembers the episode it plays. */
export interface RecordedEnv extends Env {
  /**
   * The episode so far, from the last reset on.
   *
   * @throws Error if there was no reset yet
   */
  recording(): Recording;
}

/**
 * Records the episodes of an environment. Every reset begins a new recording.
 *
 * A step in which the simulation diverges repeats the frame before it: there is no other that could be drawn.
 *
 * @param env   what is stepped: the task itself, or wrappers around it such as a time limit
 * @param task  the MuJoCo task inside, whose positions are recorded
 */
export function recordEpisode(
  env: Env,
  task: Pick<MujocoEnv, 'simulation' | 'frameSkip'>,
  { caption = '', onEpisode }: RecorderOptions = {},
): RecordedEnv {
  const { simulation, frameSkip } = task;
  const scene = describeScene(simulation);
  const dt = frameSkip * simulation.timestep;
  let frames: Float32Array[] = [];
  let rewards: number[] = [];
  let ending: Ending = 'unfinished';
  const keep = () => frames.push(Float32Array.from(simulation.qpos));

  const recording = (): Recording => {
    if (frames.length === 0)
      throw new Error(`${env.id}: recording() was called before an episode. Call reset() first.`);
    const qpos = new Float32Array(frames.length * scene.nq);
    for (const [i, positions] of frames.entries()) qpos.set(positions, i * scene.nq);
    return {
      environment: env.id,
      caption,
      dt,
      scene,
      qpos,
      rewards: Float32Array.from(rewards),
      episodeReturn: rewards.reduce((sum, reward) => sum + reward, 0),
      ending,
    };
  };

  const wrapped = wrapEnv(env, {
    reset(request) {
      const result = env.reset(request);
      [frames, rewards, ending] = [[], [], 'unfinished'];
      keep();
      return result;
    },
    step(action) {
      const result = env.step(action);
      const diverged = result.info['diverged'] === true;
      const last = frames.at(-1);
      if (diverged && last) frames.push(last);
      else keep();
      rewards.push(result.reward);
      if (diverged) ending = 'diverged';
      else if (result.terminated) ending = 'terminated';
      else if (result.truncated) ending = 'truncated';
      if (onEpisode && (result.terminated || result.truncated)) onEpisode(recording());
      return result;
    },
  });

  return { ...wrapped, recording };
}
