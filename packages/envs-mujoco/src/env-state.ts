import { decodeNumbers, type Json } from '@meow-rl/envs';

/** What a task remembers between calls. */
export interface SavedTask {
  /** Time, positions, velocities, warm start, controls and forces; null after a divergence. */
  readonly physics: Float64Array | null;
  /** What the reward measures change of, such as a position before the next step. */
  readonly tracked: Float64Array;
  /** The last observation, which a step that diverges returns again. */
  readonly observation: Float64Array;
}

/**
 * @param observationSize of the task
 * @throws TypeError unless `saved` is what the task `id` captured
 */
export function savedTask(id: string, saved: Json, observationSize: number): SavedTask {
  const fields = fieldsOf(saved);
  const numbers = (name: string, size?: number) =>
    decodeNumbers(fields[name], `${id}: state.own.task.${name}`, size);
  return {
    physics: fields['physics'] === null ? null : numbers('physics'),
    tracked: numbers('tracked'),
    observation: numbers('observation', observationSize),
  };
}

function fieldsOf(saved: Json): { readonly [name: string]: Json | undefined } {
  return typeof saved === 'object' && saved !== null && !Array.isArray(saved)
    ? (saved as { readonly [name: string]: Json })
    : {};
}
