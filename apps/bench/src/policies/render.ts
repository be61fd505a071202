import path from 'node:path';

import type { Env } from '@meow-rl/envs';
import { encodeRecording, recordEpisode, replayPage, steps } from '@meow-rl/envs-mujoco/render';
import type { Recording } from '@meow-rl/envs-mujoco/render';
import { evaluate as playEpisodes } from '@meow-rl/train';
import type { Actor } from '@meow-rl/train';

import { openPolicy } from './loaded-policy.ts';
import type { RenderConfig } from '../commands/render.ts';
import { identifyEnvironment, makeMujocoEnvironment } from '../environments/environments.ts';
import type { IdentifiedEnvironment } from '../environments/environments.ts';
import { UsageError } from '../cli/errors.ts';
import { fileName } from '../files/file-name.ts';
import { randomAgent } from './random-agent.ts';
import { guardWrite, writeAtomically } from '../runs/run-folder.ts';
import { formatTable } from '../cli/table.ts';
import type { Ui } from '../cli/ui.ts';

/** Who plays, where, and what the page says about it. */
interface Player {
  readonly playground: IdentifiedEnvironment;
  /** How its actions are chosen. */
  readonly actions: 'deterministic' | 'sampled' | 'random';
  readonly caption: string;
  /** Where the page goes unless the settings say otherwise. */
  readonly out: string;
  open(env: Env): Actor;
  dispose(): Promise<void>;
}

/** Plays episodes of a MuJoCo task, and writes their recordings and a web page that replays them. */
export async function render(source: string | undefined, config: RenderConfig, ui: Ui): Promise<void> {
  checkConfig(source, config);
  const player = await choosePlayer(source, config);
  try {
    const out = config.out ?? player.out;
    const recordings = await record(player, config);
    const names = recordingNames(out, recordings.length);
    const page = await replayPage(recordings);
    await guardWrite(path.dirname(out), async () => {
      await writeAtomically(out, page);
      for (const [i, recording] of recordings.entries())
        await writeAtomically(names[i] ?? '', await encodeRecording(recording));
    });
    const episodes = recordings.map((recording, i) => ({
      recording: names[i] ?? '',
      return: recording.episodeReturn,
      length: steps(recording),
      ending: recording.ending,
    }));
    ui.result(
      {
        page: out,
        environment: player.playground.environment,
        actions: player.actions,
        seed: config.seed,
        episodes,
      },
      [
        formatTable(
          ['recording', `${player.actions} return`, 'length', 'end'],
          episodes.map((episode) => [
            episode.recording,
            episode.return.toFixed(2),
            episode.length,
            episode.ending,
          ]),
        ),
        '',
        `Open ${out} in a browser.`,
      ].join('\n'),
    );
  } finally {
    await player.dispose();
  }
}

function checkConfig(source: string | undefined, { random, env, stochastic, out }: RenderConfig): void {
  if (random && source !== undefined)
    throw new UsageError('--random plays without a policy', `Leave out ${source} or --random.`);
  if (random && stochastic)
    throw new UsageError('--random has no policy to sample from', 'Leave --stochastic out.');
  if (random && env === undefined)
    throw new UsageError('--random needs an environment', 'Name one with --env, such as HalfCheetah-v5.');
  if (!random && source === undefined)
    throw new UsageError(
      'there is nothing to play with',
      'Give the folder of a run or a policy.onnx, or --random --env <name>.',
    );
  if (out !== undefined && !out.endsWith('.html'))
    throw new UsageError(`--out can't be ${out}`, 'Give the name of a file that ends in .html.');
}

async function choosePlayer(source: string | undefined, config: RenderConfig): Promise<Player> {
  const { seed, stochastic, threads, env, maxSteps } = config;
  const chosen = { ...(env !== undefined && { env }), ...(maxSteps !== undefined && { maxSteps }) };
  if (source === undefined) {
    const playground = await identifyEnvironment({ env: '', ...chosen });
    return {
      playground,
      actions: 'random',
      caption: `random actions, seed ${seed}`,
      out: `replay-${fileName(playground.environment)}.html`,
      open: (env) => randomAgent(env, seed),
      dispose: () => Promise.resolve(),
    };
  }
  const { actor, algorithm, playground, step } = await openPolicy(source, { threads, ...chosen });
  const actions = stochastic ? 'sampled' : 'deterministic';
  return {
    playground,
    actions,
    caption: `${algorithm} after ${step.toLocaleString('en')} steps, ${actions} actions, seed ${seed}`,
    out: path.join(source.endsWith('.onnx') ? path.dirname(source) : source, 'replay.html'),
    open: () => actor,
    dispose: () => actor.dispose(),
  };
}

async function record(
  { playground, caption, open }: Player,
  { episodes, stochastic, seed }: RenderConfig,
): Promise<Recording[]> {
  const { env, task } = await makeMujocoEnvironment(playground, { rescaleActions: true });
  const recordings: Recording[] = [];
  const recorded = recordEpisode(env, task, {
    caption,
    onEpisode: (recording) => recordings.push(recording),
  });
  try {
    await playEpisodes({ actor: open(env), env: recorded, episodes, deterministic: !stochastic, seed });
  } finally {
    recorded.close();
  }
  return recordings;
}

/** `replay.qpos` beside `replay.html`, numbered if there are several. */
function recordingNames(page: string, count: number): string[] {
  const stem = page.slice(0, -'.html'.length);
  return Array.from({ length: count }, (_, i) => (count === 1 ? `${stem}.qpos` : `${stem}-${i + 1}.qpos`));
}
