import { DataError } from '@meow-rl/graph';

/** Squares and products of numbers beyond it soon leave 32-bit floats, whatever was learned. */
export const FAR = 1e6;

/** The place of the first number that isn't finite, or -1. */
export function firstNonFiniteEntry(values: ArrayLike<number>): number {
  for (let i = 0; i < values.length; i += 1) if (!Number.isFinite(values[i])) return i;
  return -1;
}

/** The largest absolute value; 0 of none. */
export const largest = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/**
 * How many rows were given.
 *
 * @param where begins messages: the algorithm's name
 * @throws DataError unless they are whole and of finite numbers: what is computed from others would be blamed on the policy
 */
export function finiteRows(
  where: string,
  what: 'observations' | 'actions',
  data: Float32Array,
  size: number,
): number {
  const rows = data.length / size;
  if (!Number.isInteger(rows) || rows === 0)
    throw new DataError(
      `${where}: ${what} has ${data.length} entries, which is no multiple of ${size}. Give one row of ${size} entries each.`,
    );
  const bad = firstNonFiniteEntry(data);
  if (bad < 0) return rows;
  throw new DataError(
    `${where}: ${what} has ${data[bad]} in entry ${bad % size} of row ${Math.floor(bad / size)}, expected finite 32-bit floats. ` +
      (what === 'observations'
        ? 'Look in the environment that gave them, not at the agent.'
        : 'Look at what chose them.'),
  );
}

/** How far actions of elsewhere may be rounded beyond ±1. */
const ROUNDING = 1e-6;

/**
 * Refuses actions that agents never take: a critic would give a value all the same, of what it was never trained on or of the nearest action.
 *
 * @param what begins the message, with its verb: `the batch's actions have`
 * @throws DataError naming entry and row
 */
export function refuseBeyond(where: string, what: string, actions: ArrayLike<number>, size: number): void {
  // A plain loop: each batch passes here. What isn't finite is looked for elsewhere.
  for (let i = 0; i < actions.length; i += 1) {
    const entry = actions[i] ?? 0;
    if (!(Math.abs(entry) > 1 + ROUNDING && Number.isFinite(entry))) continue;
    throw new DataError(
      `${where}: ${what} ${entry} in entry ${i % size} of row ${Math.floor(i / size)}, expected numbers from -1 to 1, in which agents act. ` +
        'Give actions as the agent gave them; rescaleAction(env) of @meow-rl/envs takes them to the bounds of an environment.',
    );
  }
}

/**
 * Actions that can be taken.
 *
 * @param parameters those that chose them
 * @throws DataError for one that isn't finite, saying whether parameters or observations are to blame
 */
export function finiteActions(
  where: string,
  actions: Float32Array,
  size: number,
  observations: Float32Array,
  parameters: () => ArrayLike<number>,
): Float32Array {
  const bad = firstNonFiniteEntry(actions);
  if (bad < 0) return actions;
  throw new DataError(
    `${where}: act gave ${actions[bad]} in entry ${bad % size} of row ${Math.floor(bad / size)}. ${whyNonFinite(observations, parameters())}`,
  );
}

/** Why actions aren't finite, and what to do. */
function whyNonFinite(observations: Float32Array, parameters: ArrayLike<number>): string {
  if (firstNonFiniteEntry(parameters) >= 0)
    return 'The parameters are not finite, as after an update that failed: restore a state from before it, or load others.';
  const reach = largest(observations);
  if (reach > FAR)
    return (
      `The observations reach ${reach.toPrecision(2)}, which is too far for 32-bit floats: scale them down, for instance ` +
      'with observationNormalizer of @meow-rl/train.'
    );
  return (
    `The observations reach no further than ${reach.toPrecision(2)}, the parameters ${largest(parameters).toPrecision(2)}, which is too far for 32-bit floats: ` +
    'restore a state from before they grew, or load others.'
  );
}
