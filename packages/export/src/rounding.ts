import { mapValues, referenceRuntime } from '@meow-rl/graph';
import type { Program } from '@meow-rl/graph';
import { stream } from '@meow-rl/random';

import type { Measure } from './compare.ts';
import type { Deployment } from './deployment.ts';

/**
 * A sum of n products in float32 is the exact one of factors that are changed by about √n 2⁻²⁴ of themselves; this is that of 256 of them.
 *
 * Reference: Higham and Mary, A New Approach to Probabilistic Rounding Error Analysis (2019), theorem 3.1.
 */
const SHARE = 16 * 2 ** -24;
/** How often all parameters are changed so. */
const TRIALS = 8;
/** What rounds differently may be so much further off than the farthest of those trials. */
const MARGIN = 3;
/** Rows that are computed at once. */
const BLOCK = 64;

/** An action of a file that rounding explains. */
export interface Explained {
  /** [A], the exact one in the environment's units. */
  readonly action: ArrayLike<number>;
  /** [A], what float32 may round it by beside what any action is rounded by. */
  readonly rounding: ArrayLike<number>;
}

/** What {@link explainedByRounding} compares, [rows, …] each, actions in the environment's units. */
export interface Differing {
  readonly observation: Float32Array;
  readonly ofAgent: ArrayLike<number>;
  readonly ofFile: ArrayLike<number>;
  /** By what measure an entry of an action is that of another one. */
  readonly measure: (expected: number, entry: number) => Measure;
}

/** The programs' outputs for some rows: exact, and with parameters that are changed by what rounding does. */
interface Computed {
  readonly exact: Readonly<Record<string, ArrayLike<number>>>;
  readonly changed: readonly Readonly<Record<string, ArrayLike<number>>>[];
}

/**
 * Rows in which a file and its agent may differ, since each engine rounds in its own way: the exact action that the file's is, row by
 * row, up to the first that rounding does not explain.
 *
 * Where the best of several candidates is taken, either may have taken any whose score is no further below the best one than rounding
 * moves scores. How far that is, and how far it moves actions, is measured: the program is run in float64 with parameters changed at
 * random by what float32 loses of them in a sum.
 *
 * @param program in the environment's units: `action` [rows, A]; or [rows, k, A], and `score` [rows, k]
 */
export async function explainedByRounding(
  program: Program<'observation', string, 'action' | 'score'> | Program<'observation', string, 'action'>,
  state: Deployment['state'],
  { observation, ofAgent, ofFile, measure }: Differing,
): Promise<readonly Explained[]> {
  const [, features = 1] = program.inputs.observation.shape.map(Number);
  const size = Number(program.outputs.action.shape.at(-1));
  const rows = ofFile.length / size;
  const explained: Explained[] = [];
  for (let from = 0; from < rows; from += BLOCK) {
    const end = Math.min(rows, from + BLOCK);
    const block = await compute(program, state, observation.slice(from * features, end * features));
    for (let row = from; row < end; row += 1) {
      const choices = choicesOf(block, row - from, { size, rows: end - from });
      const isNear = (actions: ArrayLike<number>) => (choice: Explained) =>
        Array.from(choice.action).every((value, entry) => {
          const { scale, allowed } = measure(value, entry);
          const off = Math.abs((actions[row * size + entry] ?? Number.NaN) - value);
          return off <= allowed * scale + (choice.rounding[entry] ?? Number.NaN);
        });
      const taken = choices.find(isNear(ofFile));
      if (!taken || !choices.some(isNear(ofAgent))) return explained;
      explained.push(taken);
    }
  }
  return explained;
}

/** Runs a program in float64, exactly and with changed parameters. */
async function compute(
  program: Program,
  state: Deployment['state'],
  observation: Float32Array,
): Promise<Computed> {
  const executable = await referenceRuntime.load(program);
  const write = (values: Deployment['state']) => {
    for (const name of Object.keys(program.state)) executable.state.write(name, values[name] ?? []);
  };
  write(state);
  const exact = await executable.run({ observation });
  const random = stream(0, 2);
  const changed: Computed['changed'][number][] = [];
  for (let trial = 0; trial < TRIALS; trial += 1) {
    write(
      mapValues(state, (values) =>
        Float64Array.from(values, (value) => value * (1 + SHARE * (random.uniform() < 0.5 ? -1 : 1))),
      ),
    );
    changed.push(await executable.run({ observation }));
  }
  await executable.dispose();
  return { exact, changed };
}

/** What may be taken in a row: all whose score rounding may make the best, the best ones first. */
function choicesOf(
  { exact, changed }: Computed,
  row: number,
  { size, rows }: { readonly size: number; readonly rows: number },
): readonly Explained[] {
  const part = (values: ArrayLike<number> | undefined, width: number) =>
    Array.from({ length: width }, (_, i) => values?.[row * width + i] ?? Number.NaN);
  const farthest = (name: string, width: number) => {
    const values = part(exact[name], width);
    const trials = changed.map((outputs) => part(outputs[name], width));
    return values.map(
      (value, i) => MARGIN * Math.max(...trials.map((trial) => Math.abs((trial[i] ?? Number.NaN) - value))),
    );
  };
  const count = (exact['action']?.length ?? 0) / (rows * size);
  const action = part(exact['action'], count * size);
  const rounding = farthest('action', count * size);
  const score = exact['score'] ? part(exact['score'], count) : [0];
  const most = exact['score'] ? Math.max(...farthest('score', count)) : 0;
  const best = Math.max(...score);
  // Both scores are rounded, that of the best one down and that of another one up.
  return score
    .map((value, i) => ({ value, i }))
    .filter(({ value }) => value >= best - 2 * most)
    .toSorted((a, b) => b.value - a.value)
    .map(({ i }) => ({
      action: action.slice(i * size, (i + 1) * size),
      rounding: rounding.slice(i * size, (i + 1) * size),
    }));
}
