import { stream } from '@meow-rl/random';

import { checkMetrics, checkOptions } from './check-training.ts';
import type { UpdateMetrics } from './contracts/learning-agent.ts';
import type { ExploredActions } from './contracts/off-policy-agent.ts';
import { episodeEvents } from './episode-events.ts';
import { episodeTracker } from './episode-tracker.ts';
import { eventLoopTurn } from './event-loop-turn.ts';
import type { TrainEvent } from './events.ts';
import type { OffPolicyState } from './off-policy-state.ts';
import type { TrainOffPolicyOptions } from './off-policy-options.ts';
import { runningMeans } from './running-means.ts';
import { crossed, scheduledEvaluation } from './scheduled-evaluation.ts';
import { restartSeed, seedFor, seedStreams } from './seeds.ts';
import { stepClock } from './step-clock.ts';
import { updatesDue } from './updates-due.ts';
import { TrainingError } from './training-error.ts';
import { transitionCollector } from './transition-collector.ts';

/** How a run ended. */
export interface TrainResult {
  /** Environment steps taken. */
  readonly step: number;
  /** Gradient updates made. */
  readonly updates: number;
  /** Whether the signal stopped it. */
  readonly aborted: boolean;
}

/**
 * The off-policy loop: act, store, update, and now and then report, evaluate and save.
 *
 * A step is one transition of one sub-environment. The steps that `transitionCollector` leaves out, as those on which a `next-step`
 * environment only resets, aren't counted, so the same number of steps means the same amount of experience in every autoreset mode. With the same
 * seed the events are the same but for their `time`.
 *
 * @throws RangeError if agent, environment and buffer don't fit, or an option is out of range
 * @throws Error if an update reports a number that isn't finite
 */
export async function trainOffPolicy(options: TrainOffPolicyOptions): Promise<TrainResult> {
  const { agent, env, replay, steps, seed, signal, onEvent, checkpoint, resume } = options;
  const { warmup = 0, updatesPerStep = 1, logEvery = 1000, pipeline = false } = options;
  const { batchSize = agent.batchSize ?? 256 } = options;
  const { evaluate: schedule, restartEnvironments = false } = options;
  checkOptions({ ...options, warmup, updatesPerStep, batchSize, logEvery });

  const exploration = stream(seed, seedStreams.exploration);
  const randomActions = new Float32Array(env.numEnvs * env.singleActionSpace.size);
  const collector = transitionCollector(env, agent.replayed?.size);
  const episodes = episodeTracker(env.numEnvs);
  const means = runningMeans();
  const clock = stepClock(resume);
  let step = 0;
  let updates = 0;
  let warned: readonly string[] = [];

  const emit = async (event: TrainEvent) => {
    await onEvent?.(event);
  };
  const evaluation = scheduledEvaluation({ agent, schedule, seed, signal, seconds: clock.seconds, emit });

  const state = (): OffPolicyState => ({
    step,
    updates,
    seconds: clock.seconds(),
    exploration: exploration.state(),
    collector: collector.state(),
    episodes: episodes.state(),
    means: means.state(),
    ...(evaluation.isDue && { evaluationDue: true }),
    ...(warned.length > 0 && { warned }),
  });

  const begin = async () => {
    if (!resume) return collector.reset(seedFor('environment', seed));
    ({ step, updates } = resume);
    evaluation.restore(resume.evaluationDue === true);
    // States from before there were warnings have none.
    warned = resume.warned ?? [];
    exploration.restore(resume.exploration);
    collector.restore(resume.collector);
    episodes.restore(resume.episodes);
    means.restore(resume.means);
    if (restartEnvironments) await restart();
  };

  const restart = async () => {
    const environmentSeed = restartSeed(seed, step);
    replay.endEpisodes();
    episodes.drop();
    await collector.reset(environmentSeed);
    await emit({ type: 'restart', step, environmentSeed });
  };

  /** Actions, and what replay is to keep of them. */
  const chooseActions = async (): Promise<ExploredActions> => {
    const { replayed } = agent;
    if (step < warmup) {
      exploration.fillUniform(randomActions, -1, 1);
      return {
        actions: randomActions,
        replayed: (await replayed?.ofActions(randomActions)) ?? randomActions,
      };
    }
    if (replayed) return replayed.explore(collector.observations);
    const actions = await agent.act(collector.observations, { deterministic: false });
    return { actions, replayed: actions };
  };

  const collect = async () => {
    const { actions, replayed } = await chooseActions();
    return collector.step(actions, replayed);
  };

  /** Gives the warnings that an update calls for and that this run hasn't given yet. */
  const warn = async (metrics: UpdateMetrics, update: number) => {
    for (const [name, messageOf] of Object.entries(agent.warnings ?? {})) {
      const message = warned.includes(name) ? undefined : messageOf(metrics);
      if (message === undefined) continue;
      warned = [...warned, name];
      await emit({ type: 'warning', step, updates: update, name, message });
    }
  };

  /** Makes the updates that the steps so far call for. */
  const learn = async () => {
    const due = updatesDue(step, { warmup, updatesPerStep });
    for (; updates < due; updates += 1) {
      const batch = replay.sample(batchSize);
      const begun = performance.now();
      const metrics = await agent.update(batch).catch((cause: unknown) => {
        throw new TrainingError('trainOffPolicy', step, cause);
      });
      clock.countUpdate(performance.now() - begun);
      checkMetrics(metrics, updates + 1, step);
      if (agent.warnings) await warn(metrics, updates + 1);
      means.add(metrics);
      if (batch.indices && agent.tdErrors) replay.updatePriorities(batch.indices, agent.tdErrors());
    }
  };

  await begin();
  let saved = step;
  if (evaluation.isDue) {
    await evaluation.makeIfDue(step, updates);
    // As it would have been saved at this step.
    if (!evaluation.isDue) await checkpoint?.save(state());
  }
  const turn = eventLoopTurn();
  while (step < steps) {
    await turn();
    if (signal?.aborted) {
      if (step > saved) await checkpoint?.save(state());
      return { step, updates, aborted: true };
    }
    const before = step;
    const collected = await (pipeline ? both(collect(), learn()) : collect());
    replay.add(collected.transitions, collected);
    if (collected.lost) replay.endEpisodes(collected.lost.rows);
    agent.observe?.(collected);
    step += collected.rows.length;
    for (const event of episodeEvents(episodes, step, collected)) await emit(event);
    // Overlapped with the next step otherwise. Those behind the last one are left to whoever resumes with more steps.
    if (!pipeline) await learn();

    if (crossed(before, step, logEvery)) {
      const update = means.take();
      const time = clock.lap(step);
      await emit({
        type: 'metrics',
        step,
        updates,
        episodes: episodes.count,
        ...episodes.means(),
        update,
        replaySize: replay.size,
        time,
      });
    }
    evaluation.advance(before, step);
    await evaluation.makeIfDue(step, updates);
    if (checkpoint && crossed(before, step, checkpoint.every)) {
      await checkpoint.save(state());
      saved = step;
    }
    await emit({ type: 'progress', step, steps, updates, episodes: episodes.count });
  }
  if (step > saved) await checkpoint?.save(state());
  return { step, updates, aborted: evaluation.isDue };
}

/** The result of the first of two things that go on together. Where one fails, nothing of the other is under way any more. */
async function both<T>(first: Promise<T>, second: Promise<void>): Promise<T> {
  const [settled] = await Promise.allSettled([first, second]);
  if (settled.status === 'rejected') throw settled.reason;
  await second;
  return settled.value;
}
