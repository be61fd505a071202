import { multiGoal, multiGoalDefaults, timeLimit, type Env } from '@meow-rl/envs';
import { loadPolicy } from '@meow-rl/export';

import { colors, hue } from './colors.ts';
import type { PlayedScene } from './scene.ts';
import { traceEpisode } from './trace.ts';

const POINTS = 48;
const MAX_STEPS = 30;

const makeEnv = (): Env => timeLimit(multiGoal(), MAX_STEPS);

interface Walk {
  readonly env: Env;
  path: [x: number, y: number][];
  done: boolean;
  goal: number | undefined;
}

/** Many points at once, whose actions are drawn from the policy: worth its entropy, it goes to all of the goals. */
export async function multiGoalScene(folder: string): Promise<PlayedScene> {
  const policy = await loadPolicy({
    policy: `${folder}/policy.onnx`,
    stochastic: `${folder}/policy-stochastic.onnx`,
  });
  let walks: Walk[] = [];
  let episodes = 0;
  let returned = 0;
  const { goals, goalRadius, extent } = multiGoalDefaults;

  const restart = (): void => {
    episodes += 1;
    walks = Array.from({ length: POINTS }, (_, i) => {
      const env = makeEnv();
      const [x = 0, y = 0] = env.reset({ seed: episodes * POINTS + i }).observation;
      return { env, path: [[x, y]], done: false, goal: undefined };
    });
    returned = 0;
  };

  const step = async (): Promise<void> => {
    const moving = walks.filter(({ done }) => !done);
    if (moving.length === 0) {
      restart();
      return;
    }
    const actions = await policy.sample(Float32Array.from(moving.flatMap(({ path }) => path.at(-1) ?? [])));
    for (const [i, walk] of moving.entries()) {
      const { observation, reward, terminated, truncated } = walk.env.step(
        walk.env.actionSpace.clip(actions.slice(2 * i, 2 * i + 2)),
      );
      const [x = 0, y = 0] = observation;
      walk.path.push([x, y]);
      walk.done = terminated || truncated;
      if (terminated) walk.goal = goals.findIndex(([u, v]) => Math.hypot(x - u, y - v) < goalRadius);
      returned += reward / POINTS;
    }
  };

  const draw = (context: CanvasRenderingContext2D): void => {
    const { width } = context.canvas;
    const { ground, lines, text } = colors();
    const scale = width / (2 * extent);
    const place = (x: number, y: number) => [width / 2 + x * scale, width / 2 - y * scale] as const;
    context.fillStyle = ground;
    context.fillRect(0, 0, width, width);
    context.lineWidth = 1.5;
    context.strokeStyle = lines;
    for (const radius of [2, 4, 6]) {
      context.beginPath();
      context.arc(width / 2, width / 2, radius * scale, 0, 2 * Math.PI);
      context.stroke();
    }
    context.font = '600 22px system-ui, sans-serif';
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    for (const [i, [x, y]] of goals.entries()) {
      context.beginPath();
      context.arc(...place(x, y), goalRadius * scale, 0, 2 * Math.PI);
      context.globalAlpha = 0.25;
      context.fillStyle = hue(Math.atan2(y, x));
      context.fill();
      context.globalAlpha = 1;
      context.fillStyle = text;
      context.fillText(String(walks.filter(({ goal }) => goal === i).length), ...place(x, y));
    }
    context.lineJoin = 'round';
    for (const { path } of walks) {
      const [x, y] = path.at(-1) ?? [0, 0];
      context.strokeStyle = context.fillStyle = hue(Math.atan2(y, x));
      context.globalAlpha = 0.45;
      context.beginPath();
      for (const point of path) context.lineTo(...place(...point));
      context.stroke();
      context.globalAlpha = 1;
      context.beginPath();
      context.arc(...place(x, y), 4, 0, 2 * Math.PI);
      context.fill();
    }
  };

  restart();
  return {
    policy,
    stepSeconds: 0.12,
    restart,
    step,
    draw,
    status: () => `${POINTS} points, sampled actions, mean return so far ${returned.toFixed(0)}`,
    trace: (options) => traceEpisode(makeEnv(), policy, options),
  };
}
