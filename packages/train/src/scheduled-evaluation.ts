import type { LearningAgent } from './contracts/learning-agent.ts';
import { evaluate, type EvaluationResult } from './evaluate.ts';
import type { TrainEvent } from './events.ts';
import type { EvaluationSchedule } from './off-policy-options.ts';
import { seedFor } from './seeds.ts';

/** Options of {@link scheduledEvaluation}. */
export interface ScheduledEvaluationOptions {
  readonly agent: LearningAgent;
  readonly schedule: EvaluationSchedule | undefined;
  /** Of the run. */
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
  /** Seconds of training so far. */
  readonly seconds: () => number;
  readonly emit: (event: TrainEvent) => Promise<void>;
}

/** The evaluations of a run: one that the signal stops stays due. */
export interface ScheduledEvaluation {
  /** Whether one is to be made. */
  readonly isDue: boolean;
  /** Whether it is due that was when the run was saved. */
  restore(isDue: boolean): void;
  /** Says where the run was and is, in steps. */
  advance(before: number, after: number): void;
  /** Makes the one that is due, if one is. */
  makeIfDue(step: number, updates: number): Promise<void>;
}

/** Whether a multiple of `every` lies in (before, after]. */
export const crossed = (before: number, after: number, every: number): boolean =>
  Math.floor(after / every) > Math.floor(before / every);

/** Evaluations of a run's agent, every so many steps, as its schedule says. */
export function scheduledEvaluation({
  agent,
  schedule,
  seed,
  signal,
  seconds,
  emit,
}: ScheduledEvaluationOptions): ScheduledEvaluation {
  const evaluationSeed = seedFor('evaluation', seed);
  let isDue = false;

  const report = async (
    { playing = (play) => play(), stochastic: playsSampled, ...how }: EvaluationSchedule,
    step: number,
    updates: number,
  ) => {
    const begun = seconds();
    // Other start states at every evaluation, yet the same ones however the run got to this step.
    const play = (deterministic: boolean) =>
      evaluate({ ...how, actor: agent, deterministic, seed: evaluationSeed + step, signal });
    let result: (EvaluationResult & { readonly stochastic?: EvaluationResult }) | undefined;
    await playing(async () => {
      result = { ...(await play(true)), ...(playsSampled && { stochastic: await play(false) }) };
    });
    if (!result) throw new TypeError('evaluate.playing: it did not call what it was given. Await that once.');
    const ended = seconds();
    await emit({
      type: 'evaluation',
      step,
      updates,
      ...result,
      time: { seconds: ended, duration: ended - begun },
    });
  };

  return {
    get isDue() {
      return isDue;
    },
    restore(saved) {
      isDue = schedule !== undefined && saved;
    },
    advance(before, after) {
      isDue = schedule !== undefined && crossed(before, after, schedule.every);
    },
    async makeIfDue(step, updates) {
      if (!schedule || !isDue) return;
      try {
        await report(schedule, step, updates);
        isDue = false;
      } catch (error) {
        if (!signal?.aborted || error !== signal.reason) throw error;
      }
    },
  };
}
