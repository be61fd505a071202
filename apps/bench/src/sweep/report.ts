import { counted } from '../cli/counted.ts';
import { formatDuration, formatRate } from '../cli/progress.ts';
import { formatTable } from '../cli/table.ts';
import type { TrialStatus } from './pool.ts';
import type { TrialState } from './trial-state.ts';

/** A trial as a sweep reports it. */
export interface TrialReport extends TrialStatus, Omit<TrialState, 'phase'> {
  readonly name: string;
  readonly folder: string;
  readonly algorithm: string;
  readonly environment: string;
  /** Steps that it is to train for. */
  readonly steps: number;
}

/** What became of a sweep. */
export interface SweepReport {
  readonly out: string;
  readonly engine: string;
  /** In the order of the sweep. */
  readonly trials: readonly TrialReport[];
}

const PHASES = ['running', 'pending', 'failed', 'stopped', 'waiting', 'finished'] as const;

/** `12 trials: 2 running, 6 waiting, 4 finished, 1h05m left` */
export function sweepSummary(trials: readonly TrialReport[]): string {
  const counts = PHASES.flatMap((phase) => {
    const count = trials.filter((trial) => trial.phase === phase).length;
    return count === 0 ? [] : [`${count} ${phase}`];
  });
  const seconds = secondsLeft(trials);
  const left = seconds === undefined ? [] : [`${formatDuration(seconds)} left`];
  return `${counted(trials.length, 'trial')}: ${[...counts, ...left].join(', ')}`;
}

const HEADER = ['trial', 'state', 'step', 'deterministic', 'sampled', 'training', 'steps/s', 'left'] as const;

/** A row for each trial: what runs first, what is finished last. */
export function sweepTable(trials: readonly TrialReport[]): string {
  const rows = trials.toSorted((a, b) => PHASES.indexOf(a.phase) - PHASES.indexOf(b.phase)).map(rowOf);
  return formatTable(HEADER, rows);
}

function rowOf(trial: TrialReport): string[] {
  const { name, phase, attempts, step, steps, stepsPerSecond } = trial;
  const returns = [trial.deterministicReturn, trial.sampledReturn, trial.trainingReturn];
  const seconds = phase === 'running' ? secondsToGo(trial, stepsPerSecond) : undefined;
  return [
    name,
    attempts > 1 && phase !== 'finished' ? `${phase} (attempt ${attempts})` : phase,
    `${step}/${steps}`,
    ...returns.map((mean) => mean?.toFixed(1) ?? ''),
    phase === 'running' && stepsPerSecond !== undefined ? formatRate(stepsPerSecond) : '',
    seconds === undefined ? '' : formatDuration(seconds),
  ];
}

const secondsToGo = ({ step, steps }: TrialReport, rate: number | undefined): number | undefined =>
  rate === undefined || rate <= 0 ? undefined : Math.max(0, steps - step) / rate;

/**
 * How long the trials that run and wait will take, where the rate of each is known: its present one where it runs, else that of
 * others of its algorithm and environment, or of those of its algorithm, over all their training: the last half minute before a
 * trial was stopped may be one in which it was paused.
 */
function secondsLeft(trials: readonly TrialReport[]): number | undefined {
  const running = trials.filter(({ phase }) => phase === 'running');
  const open = [...running, ...trials.filter(({ phase }) => phase === 'waiting' || phase === 'pending')];
  if (running.length === 0) return undefined;
  const times = open.map((trial) => secondsToGo(trial, rateOf(trial, trials)));
  let total = 0;
  for (const seconds of times) {
    if (seconds === undefined) return undefined;
    total += seconds;
  }
  const longest = Math.max(...times.map(Number));
  return Math.max(longest, total / running.length);
}

function rateOf(trial: TrialReport, trials: readonly TrialReport[]): number | undefined {
  if (trial.phase === 'running' && trial.stepsPerSecond !== undefined) return trial.stepsPerSecond;
  const like = trials.filter(({ algorithm }) => algorithm === trial.algorithm);
  const twins = like.filter(({ environment }) => environment === trial.environment);
  return rateSoFar(twins) ?? rateSoFar(like);
}

/** Steps per second of some trials, from their beginnings on. */
function rateSoFar(trials: readonly TrialReport[]): number | undefined {
  let steps = 0;
  let total = 0;
  for (const { step, seconds = 0 } of trials) {
    if (seconds === 0) continue;
    steps += step;
    total += seconds;
  }
  return total === 0 ? undefined : steps / total;
}
