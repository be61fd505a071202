import { vectorEnv } from '@meow-rl/envs';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { createMeowAgent } from '@meow-rl/meow';
import type { MeowAgent } from '@meow-rl/meow';
import { replayBuffer } from '@meow-rl/replay';
import { seedFor, trainOffPolicy } from '@meow-rl/train';
import type { EvaluationEvent, MetricsEvent, TrainResult } from '@meow-rl/train';
import { metricsWriter } from '@meow-rl/train/node';

import { FINAL_CHECKPOINT, saveCheckpoint } from './checkpoint.ts';
import { makeAgentEnv, spacesOf } from './environments.ts';
import type { ResolvedTrain } from './resolve.ts';
import type { RunFolder } from './run-folder.ts';
import type { Ui } from './ui.ts';

/** The agent of a run, with the parameters that training starts from. */
export async function createRunAgent(
  settings: Pick<ResolvedTrain, 'env' | 'seed' | 'threads' | 'agent'>,
): Promise<MeowAgent> {
  const { observationSpace, actionSpace } = await spacesOf(settings.env);
  return createMeowAgent({
    runtime: onnxRuntimeNode({ threads: settings.threads }),
    observationSize: observationSpace.size,
    actionSize: actionSpace.size,
    seed: seedFor('agent', settings.seed),
    config: settings.agent,
  });
}

/** Makes the parameters that the settings ask for the ones that act: the last ones, or the target's average. */
export function adoptPolicy(agent: MeowAgent, { policy }: Pick<ResolvedTrain, 'policy'>): void {
  if (policy === 'averaged') agent.loadParameters(agent.targetParameters());
}

/** What a training run leaves in memory. */
export interface TrainingOutcome extends TrainResult {
  readonly metrics: readonly MetricsEvent[];
  readonly evaluations: readonly EvaluationEvent[];
  readonly episodes: number;
  /** Wall-clock seconds of training. */
  readonly seconds: number;
}

/**
 * Trains the agent; writes `metrics.jsonl` as it goes and the parameters at the end. Afterwards the agent acts with the
 * parameters that the settings ask for.
 */
export async function runTraining(
  agent: MeowAgent,
  settings: ResolvedTrain,
  folder: RunFolder,
  ui: Ui,
  signal?: AbortSignal,
): Promise<TrainingOutcome> {
  const { env: id, seed, steps, warmup, updatesPerStep, numEnvs, logEvery } = settings;
  const envs = await Promise.all(Array.from({ length: numEnvs }, () => makeAgentEnv(id)));
  const env = vectorEnv(envs, { autoresetMode: 'same-step' });
  const evaluationEnv = await makeAgentEnv(id);
  const replay = replayBuffer({
    // A run cannot fill more than its own steps.
    capacity: Math.min(settings.bufferSize, steps + numEnvs),
    observationSize: agent.observationSize,
    actionSize: agent.actionSize,
    seed: seedFor('replay', seed),
  });
  const writer = await metricsWriter(folder.file('metrics.jsonl'));
  const bar = ui.progress('training', steps);
  const metrics: MetricsEvent[] = [];
  const evaluations: EvaluationEvent[] = [];
  let lastReturn: number | undefined;
  let episodes = 0;
  const begun = performance.now();
  try {
    const result = await trainOffPolicy({
      agent,
      env,
      replay,
      steps,
      warmup,
      updatesPerStep,
      batchSize: agent.config.batchSize,
      logEvery,
      seed,
      evaluate: {
        env: evaluationEnv,
        every: settings.evaluateEvery,
        episodes: settings.evaluationEpisodes,
      },
      ...(signal ? { signal } : {}),
      onEvent: (event) => {
        if (event.type === 'progress') {
          // Several environments at once may step past the end.
          bar.update(Math.min(event.step, steps), lastReturn);
          return undefined;
        }
        if (event.type === 'episode') {
          lastReturn = event.return;
          episodes += 1;
        } else if (event.type === 'metrics') metrics.push(event);
        else evaluations.push(event);
        return writer.log(event);
      },
    });
    const seconds = (performance.now() - begun) / 1000;
    await saveCheckpoint(folder.file(FINAL_CHECKPOINT), agent, result.step);
    adoptPolicy(agent, settings);
    return { ...result, metrics, evaluations, episodes, seconds };
  } finally {
    bar.stop();
    await writer.close();
    await env.close();
    evaluationEnv.close();
  }
}
