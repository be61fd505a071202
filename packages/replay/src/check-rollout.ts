import { COLUMNS } from './rollout-state.ts';
import type { ActedValues, ColumnWidths, RolloutBufferOptions, RolloutBufferState } from './rollout-state.ts';

const firstWhere = (values: ArrayLike<number>, isBad: (value: number) => boolean): number => {
  // A plain loop: each step and all of a saved rollout pass here.
  for (let i = 0; i < values.length; i += 1) if (isBad(values[i] ?? Number.NaN)) return i;
  return -1;
};

const isNotFinite = (value: number): boolean => !Number.isFinite(value);
const isNoFlag = (value: number): boolean => value !== 0 && value !== 1;

/** @throws RangeError unless there is one finite number for each sub-environment or transition */
export function checkActed(acted: ActedValues, count: number, numEnvs: number): void {
  for (const [name, length] of [
    ['logProbs', numEnvs],
    ['values', numEnvs],
    ['finalValues', count],
  ] as const) {
    const { [name]: values } = acted;
    if (values.length !== length)
      throw new RangeError(
        `rollout: ${name} has ${values.length} entries, expected ${length}. Give one for each ${name === 'finalValues' ? 'transition' : 'sub-environment'}.`,
      );
    const bad = firstWhere(values, isNotFinite);
    if (bad >= 0)
      throw new RangeError(
        `rollout: ${name} is ${String(values[bad])} in entry ${bad}, expected a finite number. Look at the policy that gave it.`,
      );
  }
}

/** @throws RangeError unless there is one finite value for each sub-environment */
export function checkFollowing(values: ArrayLike<number>, numEnvs: number): void {
  if (values.length !== numEnvs)
    throw new RangeError(
      `rollout: follow got ${values.length} values, expected ${numEnvs}. Give one for each sub-environment.`,
    );
  const bad = firstWhere(values, isNotFinite);
  if (bad >= 0)
    throw new RangeError(
      `rollout: follow got ${String(values[bad])} in entry ${bad}, expected a finite number. Look at the policy that gave it.`,
    );
}

/** Where the transitions of a step come from, and which of them end what. */
interface Ends {
  readonly rows: ArrayLike<number>;
  readonly ended: ArrayLike<number>;
  readonly terminated: ArrayLike<number>;
}

/** @throws RangeError unless the transitions are of different sub-environments, and each termination ends its episode */
export function checkOrigins({ rows, ended, terminated }: Ends, count: number, numEnvs: number): void {
  if (rows.length !== count || ended.length !== count)
    throw new RangeError(
      `rollout: add got ${count} transitions of ${rows.length} rows with ${ended.length} ends, expected as many of each. Give a row and an end for each transition.`,
    );
  const bad = firstWhere(rows, (row) => !(Number.isInteger(row) && row >= 0 && row < numEnvs));
  if (bad >= 0)
    throw new RangeError(
      `rollout: transition ${bad} is of row ${String(rows[bad])}, expected one of ${numEnvs} rows. Make the buffer for this environment.`,
    );
  if (new Set(Array.from(rows)).size !== count)
    throw new RangeError(
      `rollout: add got two transitions of one sub-environment, of rows ${Array.from(rows).join(', ')}. Add those of one step at a time, with follow in between.`,
    );
  const strange = firstWhere(ended, isNoFlag);
  if (strange >= 0)
    throw new RangeError(
      `rollout: done is ${String(ended[strange])} in entry ${strange}, expected 0 or 1. Give 1 where the episode was terminated or truncated.`,
    );
  const open = firstOpen({ terminated, done: ended });
  if (open >= 0)
    throw new RangeError(
      `rollout: done is 0 in entry ${open}, where terminated is 1. Give 1 where the episode was terminated or truncated.`,
    );
}

/** The first termination that doesn't end its episode, or -1: advantages would be carried over it. */
const firstOpen = ({
  terminated,
  done,
}: Readonly<Record<'terminated' | 'done', ArrayLike<number>>>): number => {
  for (let i = 0; i < done.length; i += 1) if (terminated[i] === 1 && done[i] !== 1) return i;
  return -1;
};

/** What is said of a call that comes before the one of `follow`. */
export const missingValues = (call: string): RangeError =>
  new RangeError(
    `rollout: ${call} was called before the values behind the newest transitions were given. Call follow(values) first.`,
  );

const damaged = (what: string): RangeError =>
  new RangeError(`rollout: restore got a state with ${what}. The state is damaged; take an earlier one.`);

/** @throws RangeError if a state is of another buffer or damaged */
export function checkRolloutState(
  state: RolloutBufferState,
  options: RolloutBufferOptions,
  widths: ColumnWidths,
): void {
  const { steps, numEnvs } = options;
  for (const name of ['steps', 'numEnvs', 'observationSize', 'actionSize'] as const)
    if (state[name] !== options[name])
      throw new RangeError(
        `rollout: restore got a state with ${name} = ${String(state[name])}, expected ${options[name]}. Make the buffer with the options of the one that was saved.`,
      );
  const { counts, awaited, flags, columns } = state;
  if (counts.length !== numEnvs || !counts.every((n) => Number.isInteger(n) && n >= 0 && n <= steps))
    throw damaged(`counts ${counts.join(', ')}, expected ${numEnvs} of them from 0 to ${steps}`);
  const rows = numEnvs * Math.max(...counts);
  for (const [name, values, length] of [
    ['awaited', awaited, numEnvs],
    ['terminated', flags.terminated, rows],
    ['done', flags.done, rows],
  ] as const)
    if (values.length !== length || firstWhere(values, isNoFlag) >= 0)
      throw damaged(`${values.length} flags ${name}, expected ${length} of 0 or 1`);
  for (const name of COLUMNS) {
    const { length } = columns[name];
    const isEarlierToo = name === 'observations' && length === steps * numEnvs * widths.observations;
    if (length !== rows * widths[name] && !isEarlierToo)
      throw damaged(`${length} entries of ${name}, expected ${rows * widths[name]}`);
    const bad = firstWhere(columns[name], isNotFinite);
    if (bad >= 0)
      throw damaged(`${String(columns[name][bad])} in entry ${bad} of ${name}, expected finite numbers`);
  }
  const isHeld = (entry: number) => Math.floor(entry / numEnvs) < (counts[entry % numEnvs] ?? 0);
  const open = firstOpen(flags);
  if (open >= 0 && isHeld(open)) throw damaged(`a termination in entry ${open} that ends no episode`);
}
