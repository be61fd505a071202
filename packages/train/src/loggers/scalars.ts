import type { TrainEvent } from '../events.ts';

/**
 * The numbers of an event by the names that dashboards show them under, such as `update/loss`; none for `progress`.
 *
 * | group        | of                                     |
 * | ------------ | -------------------------------------- |
 * | `train`      | episodes during training, and progress |
 * | `evaluation` | evaluations                            |
 * | `update`     | what the agent's updates report        |
 * | `time`       | wall-clock measurements                |
 */
export function scalarsOf(event: TrainEvent): Record<string, number> {
  switch (event.type) {
    case 'metrics':
      return {
        'train/updates': event.updates,
        'train/episodes': event.episodes,
        ...(event.meanReturn === undefined ? {} : { 'train/mean_return': event.meanReturn }),
        ...(event.meanLength === undefined ? {} : { 'train/mean_length': event.meanLength }),
        ...prefixed('update', event.update),
        ...prefixed('time', {
          seconds: event.time.seconds,
          steps_per_second: event.time.stepsPerSecond,
        }),
      };
    case 'episode':
      return { 'train/episode_return': event.return, 'train/episode_length': event.length };
    case 'evaluation':
      return {
        'evaluation/mean_return': event.mean,
        'evaluation/standard_deviation': event.standardDeviation,
        'time/evaluation_seconds': event.time.duration,
      };
    case 'progress':
      return {};
  }
}

const prefixed = (group: string, values: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${group}/${name}`, value]));
