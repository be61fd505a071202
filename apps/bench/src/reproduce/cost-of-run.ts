import { mean } from '@meow-rl/train';

import { isBridge } from '../environments/bridge.ts';
import type { LoggedEvent } from '../runs/read-events.ts';
import type { ArmCost } from './plan.ts';

/** What of the cost of a run isn't measured: starting the process, exporting its policy and verifying that. */
export const START_SECONDS = 6;
/** And starting a simulator in Python, twice. */
const SIMULATOR_SECONDS = 150;
/** Steps of an episode of full length in a simulator, where none of the measured ones had it: those of the paper's tasks have at most so many. */
const SIMULATOR_EPISODE = 1000;

/** The episodes of a measured run's evaluations. */
export interface MeasuredEpisodes {
  readonly environment: string;
  /** Steps of an episode of full length. Default: those of a measured one that didn't end in a terminal state. */
  readonly maxSteps?: number | undefined;
  /** Whether the episodes of an evaluation are played in step with each other, or one after the other. */
  readonly playsTogether: boolean;
}

/** Seconds per step with updates, and per evaluation episode of full length, of a run's events. */
export function costOf(
  events: readonly LoggedEvent[],
  episodes: MeasuredEpisodes,
): Pick<ArmCost, 'startSeconds' | 'stepSeconds' | 'episodeSeconds'> {
  return {
    startSeconds: isBridge(episodes.environment) ? SIMULATOR_SECONDS : START_SECONDS,
    stepSeconds: stepSecondsOf(events),
    episodeSeconds: episodeSecondsOf(events, episodes),
  };
}

/** From the first line with updates to the last one, without the evaluations between. */
function stepSecondsOf(events: readonly LoggedEvent[]): number {
  const metrics = events.filter((event) => event.type === 'metrics');
  const last = metrics.at(-1);
  const first = metrics.find(({ updates, step }) => updates > 0 && step < (last?.step ?? 0));
  const begin = { step: 0, time: { seconds: 0 } };
  const [from, to] = [first ?? begin, last ?? begin];
  const evaluating = events
    .filter((event) => event.type === 'evaluation')
    .filter(({ time: { seconds } }) => seconds > from.time.seconds && seconds <= to.time.seconds)
    .reduce((sum, { time: { duration } }) => sum + duration, 0);
  return (to.time.seconds - from.time.seconds - evaluating) / Math.max(1, to.step - from.step);
}

/** What an evaluation takes and a step of all its episodes, from evaluations of different lengths; without its share of the first evaluation, which prepares. */
function episodeSecondsOf(
  events: readonly LoggedEvent[],
  { maxSteps = fullLengthOf(events), playsTogether }: MeasuredEpisodes,
): number {
  const all = events.filter((event) => event.type === 'evaluation');
  const evaluations = all.length > 1 ? all.slice(1) : all;
  if (evaluations.length === 0) return 0;
  const stepsOf = (lengths: readonly number[]): number =>
    playsTogether ? Math.max(0, ...lengths) : lengths.reduce((sum, length) => sum + length, 0);
  const played = evaluations.map(({ lengths, stochastic, time: { duration } }) => ({
    steps: stepsOf(lengths) + stepsOf(stochastic?.lengths ?? []),
    fullSteps:
      stepsOf(lengths.map(() => maxSteps)) + stepsOf((stochastic?.lengths ?? []).map(() => maxSteps)),
    episodes: lengths.length + (stochastic?.lengths.length ?? 0),
    duration,
  }));
  const { fixed, perStep } = lineThrough(played);
  const [{ fullSteps, episodes } = { fullSteps: 0, episodes: 1 }] = played;
  return (fixed + perStep * fullSteps) / episodes;
}

/** Steps of an episode that was cut off: simulators don't say beforehand. */
function fullLengthOf(events: readonly LoggedEvent[]): number {
  const played = events
    .filter((event) => event.type === 'evaluation')
    .flatMap(({ stochastic, ...deterministic }) =>
      stochastic ? [deterministic, stochastic] : [deterministic],
    );
  const cutOff = played.flatMap(({ lengths, terminated }) => lengths.filter((_, i) => !terminated[i]));
  return cutOff.length > 0 ? Math.max(...cutOff) : SIMULATOR_EPISODE;
}

/**
 * Seconds of an evaluation by its steps: least squares. Short times scatter, and a line through them may have any slope: at least half of the
 * time counts as that of steps. Of a single evaluation, or several of one length, all of it does, which is too long for early falls.
 */
function lineThrough(played: readonly { readonly steps: number; readonly duration: number }[]): {
  readonly fixed: number;
  readonly perStep: number;
} {
  const steps = mean(played.map((each) => each.steps));
  const duration = mean(played.map((each) => each.duration));
  const ratio = duration / Math.max(1, steps);
  const sum = (of: (each: { steps: number; duration: number }) => number) =>
    played.reduce((total, each) => total + of(each), 0);
  const spread = sum((each) => (each.steps - steps) ** 2);
  const slope = sum((each) => (each.steps - steps) * (each.duration - duration)) / spread;
  const perStep = spread > 0 ? Math.min(ratio, Math.max(ratio / 2, slope)) : ratio;
  return { fixed: duration - perStep * steps, perStep };
}
