import type { EvaluationResult } from '../evaluate.ts';
import type { TrainEvent } from '../events.ts';

/**
 * The numbers of an event by the names that dashboards show them under, such as `update/loss`; none for `warning` and `progress`.
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
        ...prefixed('train', {
          mean_return: event.meanReturn,
          mean_length: event.meanLength,
          replay_size: event.replaySize,
        }),
        ...prefixed('update', event.update),
        ...prefixed('time', {
          seconds: event.time.seconds,
          steps_per_second: event.time.stepsPerSecond,
          update_milliseconds: event.time.updateMilliseconds,
          memory_mebibytes: event.time.memoryMebibytes,
        }),
      };
    case 'episode':
      return { 'train/episode_return': event.return, 'train/episode_length': event.length };
    case 'evaluation':
      return {
        ...numbersOf(event, 'deterministic'),
        ...(event.stochastic && numbersOf(event.stochastic, 'stochastic')),
        'time/evaluation_seconds': event.time.duration,
      };
    case 'warning':
    case 'progress':
      return {};
  }
}

const numbersOf = ({ mean, standardDeviation, terminated }: EvaluationResult, actions: string) =>
  prefixed('evaluation', {
    [`${actions}_mean_return`]: mean,
    [`${actions}_standard_deviation`]: standardDeviation,
    [`${actions}_terminated`]: terminated.filter(Boolean).length / terminated.length,
  });

/** Numbers under their group's name; absent ones stay absent. */
const prefixed = (
  group: string,
  values: Readonly<Record<string, number | undefined>>,
): Record<string, number> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [[`${group}/${name}`, value] as const],
    ),
  );
