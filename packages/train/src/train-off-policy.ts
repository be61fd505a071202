import type { Env, VectorEnv } from '@meow-rl/envs';
import { stream } from '@meow-rl/random';
import type { ReplayBuffer } from '@meow-rl/replay';

import type { Agent, UpdateMetrics } from './agent.ts';
import { checkFit } from './check-fit.ts';
import { episodeTracker } from './episode-tracker.ts';
import { evaluate } from './evaluate.ts';
import type { TrainEvent } from './events.ts';
import type { OffPolicyState } from './off-policy-state.ts';
import { runningMeans } from './running-means.ts';
import { seedFor, seedStreams } from './seeds.ts';
import { stepClock } from './step-clock.ts';
import { transitionCollector } from './transition-collector.ts';

/** When and how {@link trainOffPolicy} evaluates. */
export interface EvaluationSchedule {
  /** An environment of its own, with a time limit. */
  readonly env: Env;
  /** Environment steps between evaluations; the paper's is 10 000. */
  readonly every: number;
  /** Episodes per evaluation. Default: 10, as in the paper. */
  readonly episodes?: number;
  /** Whether to play as many episodes with sampled actions too. Default: false. */
  readonly stochastic?: boolean;
}

/** When {@link trainOffPolicy} hands over its state to be saved. */
export interface CheckpointSchedule {
  /** Environment steps between checkpoints. A run that the signal stops is saved too. */
  readonly every: number;
  /**
   * Saves the run: this state of the loop, and those of agent, environments and replay buffer, which don't change until the
   * promise is fulfilled. What takes long may go on after that.
   */
  readonly save: (state: OffPolicyState) => Promise<void>;
}

/** Options of {@link trainOffPolicy}. */
export interface TrainOffPolicyOptions {
  readonly agent: Agent;
  /** Any autoreset mode; actions in [-1, 1]. */
  readonly env: VectorEnv;
  /** Draws its batches with its own generator: give it `seedFor('replay', seed)`. */
  readonly replay: ReplayBuffer;
  /** Environment steps in all, each sub-environment's counted; the last vector step may exceed it. */
  readonly steps: number;
  /** Environment steps with uniform random actions and without updates, at the start. Default: 0. */
  readonly warmup?: number;
  /** Updates per environment step after the warm-up; fractions add up. Default: 1, as in the paper. */
  readonly updatesPerStep?: number;
  /** Transitions per update. Default: 256, as in the paper. */
  readonly batchSize?: number;
  /**
   * Whether updates overlap with acting and stepping the environment: a step's actions then come from the parameters before
   * the last update, always, so the run is as repeatable as without. Needs an agent with `actsDuringUpdate`. Default: false.
   */
  readonly pipeline?: boolean;
  /** Default: none. */
  readonly evaluate?: EvaluationSchedule;
  /** Environment steps between `metrics` events. Default: 1000. */
  readonly logEvery?: number;
  /** Fixes the environments, the warm-up and the evaluations, through {@link seedStreams}. */
  readonly seed: number;
  /** Default: none. */
  readonly checkpoint?: CheckpointSchedule;
  /**
   * Continues from a saved state instead of beginning. Agent, environments and replay buffer have to be restored to the same
   * moment, and the other options have to be the same: then everything goes on to the same bits.
   */
  readonly resume?: OffPolicyState;
  /** Stops the run at the next step boundary. */
  readonly signal?: AbortSignal;
  /** Called with every event; a promise is awaited, so a slow listener slows the run instead of piling up. */
  readonly onEvent?: (event: TrainEvent) => void | Promise<void>;
}

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
 * A step is one transition of one sub-environment. The steps on which a `next-step` environment only resets aren't
 * counted, so the same number of steps means the same amount of experience in every autoreset mode. With the same
 * seed the events are the same but for their `time`.
 *
 * @throws RangeError if agent, environment and buffer don't fit, or an option is out of range
 * @throws Error if an update reports a number that isn't finite
 */
export async function trainOffPolicy(options: TrainOffPolicyOptions): Promise<TrainResult> {
  const { agent, env, replay, steps, seed, signal, onEvent, checkpoint, resume } = options;
  const { warmup = 0, updatesPerStep = 1, batchSize = 256, logEvery = 1000, pipeline = false } = options;
  const { evaluate: schedule } = options;
  checkOptions({ ...options, warmup, updatesPerStep, batchSize, logEvery });

  const exploration = stream(seed, seedStreams.exploration);
  const evaluationSeed = seedFor('evaluation', seed);
  const randomActions = new Float32Array(env.numEnvs * env.singleActionSpace.size);
  const collector = transitionCollector(env);
  const episodes = episodeTracker(env.numEnvs);
  const means = runningMeans();
  const clock = stepClock(resume);
  let step = 0;
  let updates = 0;

  const state = (): OffPolicyState => ({
    step,
    updates,
    seconds: clock.seconds(),
    exploration: exploration.state(),
    collector: collector.state(),
    episodes: episodes.state(),
    means: means.state(),
  });

  const begin = async () => {
    if (!resume) return collector.reset(seedFor('environment', seed));
    ({ step, updates } = resume);
    exploration.restore(resume.exploration);
    collector.restore(resume.collector);
    episodes.restore(resume.episodes);
    means.restore(resume.means);
  };

  const emit = async (event: TrainEvent) => onEvent?.(event);

  const chooseActions = () => {
    if (step >= warmup) return agent.act(collector.observations, { deterministic: false });
    exploration.fillUniform(randomActions, -1, 1);
    return randomActions;
  };

  const collect = async () => collector.step(await chooseActions());

  /** Makes the updates that the steps so far call for. */
  const learn = async () => {
    // Counted from the end of the warm-up instead of accumulated, so that no rounding error does.
    const due = Math.floor((step - warmup) * updatesPerStep + 1e-9);
    for (; updates < due; updates += 1) {
      const metrics = await agent.update(replay.sample(batchSize)).catch((cause: unknown) => {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new Error(`trainOffPolicy: at step ${step}: ${reason}`, { cause });
      });
      checkMetrics(metrics, updates + 1, step);
      means.add(metrics);
    }
  };

  const reportEpisodes = async ({ transitions, rows, done }: Awaited<ReturnType<typeof collector.step>>) => {
    for (const [i, row] of rows.entries()) {
      const finished = episodes.step(row, transitions.rewards[i] ?? Number.NaN, done[i] === 1);
      if (!finished) continue;
      const terminated = transitions.terminated[i] === 1;
      await emit({ type: 'episode', step, environment: row, ...finished, terminated });
    }
  };

  const reportEvaluation = async (how: EvaluationSchedule) => {
    const begun = clock.seconds();
    // Other start states at every evaluation, yet the same ones however the run got to this step.
    const play = (deterministic: boolean) =>
      evaluate({ ...how, agent, deterministic, seed: evaluationSeed + step });
    const result = await play(true);
    const stochastic = how.stochastic ? { stochastic: await play(false) } : {};
    const seconds = clock.seconds();
    await emit({
      type: 'evaluation',
      step,
      updates,
      ...result,
      ...stochastic,
      time: { seconds, duration: seconds - begun },
    });
  };

  await begin();
  let saved = step;
  while (step < steps) {
    if (signal?.aborted) {
      if (step > saved) await checkpoint?.save(state());
      return { step, updates, aborted: true };
    }
    const before = step;
    const [collected] = await Promise.all([collect(), pipeline ? learn() : undefined]);
    replay.add(collected.transitions, collected);
    agent.observe?.(collected);
    step += collected.rows.length;
    await reportEpisodes(collected);
    // Overlapped with the next step, except behind the last one.
    if (!pipeline || step >= steps) await learn();

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
        time,
      });
    }
    if (schedule && crossed(before, step, schedule.every)) await reportEvaluation(schedule);
    if (checkpoint && crossed(before, step, checkpoint.every)) {
      await checkpoint.save(state());
      saved = step;
    }
    await emit({ type: 'progress', step, steps, updates, episodes: episodes.count });
  }
  if (step > saved) await checkpoint?.save(state());
  return { step, updates, aborted: false };
}

/** Whether a multiple of `every` lies in (before, after]. */
const crossed = (before: number, after: number, every: number) =>
  Math.floor(after / every) > Math.floor(before / every);

// A diverged update has already changed the weights: going on would only hide where it happened.
function checkMetrics(metrics: UpdateMetrics, update: number, step: number): void {
  for (const [name, value] of Object.entries(metrics)) {
    if (Number.isFinite(value)) continue;
    throw new Error(
      `trainOffPolicy: update ${update} at step ${step} reported ${name} = ${value}, expected a finite number. ` +
        'Training has diverged; lower the learning rate or the gradient clip.',
    );
  }
}

type CheckedOptions = TrainOffPolicyOptions &
  Required<Pick<TrainOffPolicyOptions, 'warmup' | 'updatesPerStep' | 'batchSize' | 'logEvery'>>;

function checkOptions(options: CheckedOptions): void {
  const { agent, env, replay, evaluate: schedule } = options;
  const { id, singleObservationSpace: observationSpace, singleActionSpace: actionSpace } = env;
  checkFit('trainOffPolicy', agent, { id, observationSpace, actionSpace });
  if (schedule) checkFit('trainOffPolicy: evaluate', agent, schedule.env);
  for (const name of ['observationSize', 'actionSize'] as const) {
    if (replay[name] === agent[name]) continue;
    throw new RangeError(
      `trainOffPolicy: the replay buffer has ${name} = ${replay[name]}, expected ${agent[name]} as in the agent. ` +
        'Make the buffer for this environment.',
    );
  }
  if (options.pipeline && !agent.actsDuringUpdate) {
    throw new RangeError(
      `trainOffPolicy: pipeline is set, but the ${agent.algorithm} agent can't act while it updates. ` +
        'Make it with a learner in threads of its own, or leave pipeline out.',
    );
  }
  const counts = { steps: options.steps, batchSize: options.batchSize, logEvery: options.logEvery };
  for (const [name, value] of Object.entries({
    ...counts,
    'evaluate.every': schedule?.every ?? 1,
    'checkpoint.every': options.checkpoint?.every ?? 1,
  })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`trainOffPolicy: ${name} is ${String(value)}, expected a positive integer.`);
    }
  }
  const { warmup, updatesPerStep } = options;
  for (const [name, value] of Object.entries({ warmup, updatesPerStep })) {
    if (!(Number.isFinite(value) && value >= 0)) {
      throw new RangeError(`trainOffPolicy: ${name} is ${String(value)}, expected a number of at least 0.`);
    }
  }
}
