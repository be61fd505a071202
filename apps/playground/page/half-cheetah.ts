import { timeLimit } from '@meow-rl/envs';
import { halfCheetah, loadMujoco } from '@meow-rl/envs-mujoco';
import { describeScene, forwardKinematics } from '@meow-rl/envs-mujoco/render';
import { loadPolicy } from '@meow-rl/export';

import { colors } from './colors.ts';
import type { PlayedScene } from './scene.ts';
import { traceEpisode } from './trace.ts';

const MAX_STEPS = 1000;
/** Metres that the picture is wide, and how high its ground lies. */
const VIEW = 3.2;
const GROUND = 0.28;

/** Bodies of the model: the world, the torso, three of the hind leg, three of the foreleg. */
const limbOf = (body: number): 0 | 1 | 2 => (body < 2 ? 0 : body < 5 ? 1 : 2);

type Vector = readonly [x: number, y: number, z: number];

/** Turns a vector by a unit quaternion. */
function turned([x, y, z]: Vector, [w, i, j, k]: readonly [number, number, number, number]): Vector {
  const [a, b, c] = [2 * (j * z - k * y), 2 * (k * x - i * z), 2 * (i * y - j * x)];
  return [x + w * a + j * c - k * b, y + w * b + k * a - i * c, z + w * c + i * b - j * a];
}

/** HalfCheetah from the side, on MuJoCo's WebAssembly build. */
export async function halfCheetahScene(folder: string): Promise<PlayedScene> {
  const [policy, mujoco] = await Promise.all([loadPolicy(`${folder}/policy.onnx`), loadMujoco()]);
  const task = halfCheetah(mujoco);
  const env = timeLimit(task, MAX_STEPS);
  const scene = describeScene(task.simulation);
  const capsules = scene.geoms.filter(({ type }) => type === 'capsule');
  let episodes = 0;
  let steps = 0;
  let returned = 0;
  let observation: ArrayLike<number> = [];

  const restart = (): void => {
    episodes += 1;
    steps = 0;
    returned = 0;
    ({ observation } = env.reset({ seed: episodes }));
  };

  const step = async (): Promise<void> => {
    const action = await policy.act(Float32Array.from(observation));
    const next = env.step(env.actionSpace.clip(action));
    observation = next.observation;
    returned += next.reward;
    steps += 1;
    if (next.terminated || next.truncated) restart();
  };

  const draw = (context: CanvasRenderingContext2D): void => {
    const { width, height } = context.canvas;
    const { ground, lines, text, limbs } = colors();
    const { qpos } = task.simulation;
    const scale = width / VIEW;
    const left = (qpos[0] ?? 0) - VIEW / 2;
    const place = (x: number, z: number) => [(x - left) * scale, height * (1 - GROUND) - z * scale] as const;
    context.fillStyle = ground;
    context.fillRect(0, 0, width, height);
    context.fillStyle = lines;
    context.globalAlpha = 0.5;
    context.fillRect(0, height * (1 - GROUND), width, height * GROUND);
    context.globalAlpha = 1;
    context.fillStyle = text;
    context.font = '16px system-ui, sans-serif';
    context.textAlign = 'center';
    for (let metre = Math.floor(left); metre <= left + VIEW; metre += 1) {
      const [x, z] = place(metre, 0);
      context.fillRect(x - 1, z, 2, 10);
      context.fillText(`${metre} m`, x, z + 32);
    }
    const poses = forwardKinematics(scene, qpos);
    context.lineCap = 'round';
    for (const { body, position, quaternion, size } of capsules) {
      const pose = poses[body];
      if (!pose) continue;
      const ends = [-size[1], size[1]].map((end) => {
        const [x, y, z] = turned([0, 0, end], quaternion);
        const [u, v, w] = turned([position[0] + x, position[1] + y, position[2] + z], pose.quaternion);
        return [pose.position[0] + u, pose.position[1] + v, pose.position[2] + w] as const;
      });
      context.strokeStyle = limbs[limbOf(body)];
      context.lineWidth = 2 * size[0] * scale;
      context.beginPath();
      for (const [x, , z] of ends) context.lineTo(...place(x, z));
      context.stroke();
    }
  };

  restart();
  return {
    policy,
    stepSeconds: task.frameSkip * task.simulation.timestep,
    restart,
    step,
    draw,
    status: () =>
      `step ${steps} of ${MAX_STEPS}, at ${(task.simulation.qpos[0] ?? 0).toFixed(1)} m, return so far ${returned.toFixed(0)}`,
    trace: (options) => traceEpisode(timeLimit(halfCheetah(mujoco), MAX_STEPS), policy, options),
  };
}
