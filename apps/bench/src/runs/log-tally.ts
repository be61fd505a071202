import type { EvaluationEvent, MetricsEvent } from '@meow-rl/train';

import type { LoggedEvent } from './read-events.ts';

/** What of a run's events is kept in memory. */
export interface LogTally {
  /** The newest averages of training; undefined before the first. */
  readonly lastMetrics: MetricsEvent | undefined;
  readonly evaluations: readonly EvaluationEvent[];
  /** Training episodes. */
  readonly episodes: number;
  /** Counts one more event. */
  add(event: LoggedEvent): void;
}

/** A tally of no events. */
export function logTally(): LogTally {
  const evaluations: EvaluationEvent[] = [];
  let lastMetrics: MetricsEvent | undefined;
  let episodes = 0;
  return {
    get lastMetrics() {
      return lastMetrics;
    },
    evaluations,
    get episodes() {
      return episodes;
    },
    add(event) {
      if (event.type === 'metrics') lastMetrics = event;
      else if (event.type === 'evaluation') evaluations.push(event);
      else if (event.type === 'episode') episodes += 1;
    },
  };
}
