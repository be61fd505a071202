import { checkMetrics, checkOnPolicyOptions } from './check-training.ts';
import { episodeEvents } from './episode-events.ts';
import { episodeTracker } from './episode-tracker.ts';
import { eventLoopTurn } from './event-loop-turn.ts';
import type { TrainEvent } from './events.ts';
import type { TrainOnPolicyOptions } from './on-policy-options.ts';
import type { OnPolicyState } from './on-policy-state.ts';
import { runningMeans } from './running-means.ts';
import { crossed, scheduledEvaluation } from './scheduled-evaluation.ts';
import { restartSeed, seedFor } from './seeds.ts';
import { stepClock } from './step-clock.ts';
import type { TrainResult } from './train-off-policy.ts';
import { TrainingError } from './training-error.ts';
import { transitionCollector, type Collected } from './transition-collector.ts';

/**
 * The on-policy loop: collect a rollout, learn from it, and now and then report, evaluate and save.
 *
 * A step is one transition of one sub-environment. Where an episode is truncated, the value of its last observation is what
 * follows; where it terminates nothing is. Where environments reset in a step of their own (`next-step`), they lag behind the
 * others, whose further transitions are then passed over until all have their share of the rollout. With the same seed the
 * events are the same but for their `time`.
 *
 * @throws RangeError if agent, environment and buffer don't fit, or an option is out of range
 * @throws Error if an update reports a number that isn't finite, or an environment loses the last observation of a truncated episode
 */
export async function trainOnPolicy(options: TrainOnPolicyOptions): Promise<TrainResult> {
  const { agent, env, rollout, steps, seed, signal, onEvent, checkpoint, resume } = options;
  const { logEvery = 1000, evaluate: schedule, restartEnvironments = false } = options;
  checkOnPolicyOptions({ ...options, logEvery });

  const collector = transitionCollector(env, env.singleActionSpace.size, 'trainOnPolicy');
  const episodes = episodeTracker(env.numEnvs);
  const means = runningMeans();
  const clock = stepClock(resume);
  let step = 0;
  let updates = 0;
  let rolloutBegan = 0;
  let metricsDue = false;
  const emit = async (event: TrainEvent) => {
    await onEvent?.(event);
  };
  const evaluation = scheduledEvaluation({ agent, schedule, seed, signal, seconds: clock.seconds, emit });

  const state = (): OnPolicyState => ({
    step,
    updates,
    seconds: clock.seconds(),
    rolloutBegan,
    metricsDue,
    collector: collector.state(),
    episodes: episodes.state(),
    means: means.state(),
    ...(evaluation.isDue && { evaluationDue: true }),
  });

  const begin = async () => {
    if (!resume) return collector.reset(seedFor('environment', seed));
    ({ step, updates, rolloutBegan, metricsDue } = resume);
    evaluation.restore(resume.evaluationDue === true);
    collector.restore(resume.collector);
    episodes.restore(resume.episodes);
    means.restore(resume.means);
    if (restartEnvironments) await restart();
  };

  const restart = async () => {
    const environmentSeed = restartSeed(seed, step);
    // What was collected of episodes that are given up isn't learned from: the values that follow it are of others.
    rollout.clear();
    rolloutBegan = step;
    episodes.drop();
    await collector.reset(environmentSeed);
    await emit({ type: 'restart', step, environmentSeed });
  };

  /** One step of all sub-environments, into the rollout. */
  const collect = async (): Promise<Collected> => {
    const { actions, sampled, logProbs, values } = await agent.explore(collector.observations);
    rollout.follow(values);
    const collected = await collector.step(actions, sampled);
    refuseLost(collected, env.id);
    const finalValues = await valuesWhereTruncated(collected, agent.observationSize, (observations) =>
      agent.value(observations),
    );
    rollout.add(collected.transitions, collected, { logProbs, values, finalValues });
    return collected;
  };

  const learn = async () => {
    rollout.follow(await agent.value(collector.observations));
    const begun = performance.now();
    const made = await agent.update(rollout.rollout(), rolloutBegan / steps).catch((cause: unknown) => {
      throw new TrainingError('trainOnPolicy', step, cause);
    });
    clock.countUpdate(performance.now() - begun, made.updates);
    updates += made.updates;
    checkMetrics(made.metrics, updates, step, 'trainOnPolicy');
    means.add(made.metrics);
    rollout.clear();
    rolloutBegan = step;
  };

  const reportMetrics = async () => {
    metricsDue = false;
    const update = means.take();
    const time = clock.lap(step);
    const finished = { episodes: episodes.count, ...episodes.means() };
    await emit({ type: 'metrics', step, updates, ...finished, update, time });
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
    const collected = await collect();
    step += collected.rows.length;
    for (const event of episodeEvents(episodes, step, collected)) await emit(event);
    metricsDue = metricsDue || crossed(before, step, logEvery);
    if (rollout.isFull) {
      await learn();
      if (metricsDue) await reportMetrics();
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

/** A rollout's rows have to be whole, and the value of what follows a truncated step has to be known. */
function refuseLost({ lost }: Collected, id: string): void {
  if (!lost) return;
  throw new Error(
    `trainOnPolicy: ${id} truncated the episode of environment ${lost.rows[0]} and lost its last observation, whose value is needed. ` +
      'Have the simulator give last observations, or train with an algorithm that learns from a replay buffer.',
  );
}

/** By transition: V of the last observation of episodes that were truncated, 0 for all others. */
async function valuesWhereTruncated(
  { transitions, done }: Collected,
  width: number,
  valueOf: (observations: Float32Array) => Promise<Float32Array>,
): Promise<Float32Array> {
  const finalValues = new Float32Array(done.length);
  const truncated = Array.from(done.keys()).filter((i) => done[i] === 1 && transitions.terminated[i] !== 1);
  if (truncated.length === 0) return finalValues;
  const observations = new Float32Array(truncated.length * width);
  for (const [to, i] of truncated.entries())
    observations.set(transitions.nextObservations.subarray(i * width, (i + 1) * width), to * width);
  const values = await valueOf(observations);
  for (const [from, i] of truncated.entries()) finalValues[i] = values[from] ?? Number.NaN;
  return finalValues;
}
