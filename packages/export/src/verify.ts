import { affineMap } from '@meow-rl/envs';
import { referenceRuntime } from '@meow-rl/graph';
import type { Program } from '@meow-rl/graph';
import { stream } from '@meow-rl/random';

import { actionUnits, FLOAT32_EPSILON, type ActionUnits } from './action-units.ts';
import { checkVerifyOptions } from './check-options.ts';
import { differenceOf, type Comparison, type Difference } from './compare.ts';
import type { ComparedAgent, Deployment } from './deployment.ts';
import { PolicyFileError } from './errors.ts';
import { POLICY_FILES } from './file-names.ts';
import type { Policy } from './load-policy.ts';
import type { PolicyMetadata, Precision } from './metadata.ts';
import { deployedPrograms } from './policy-files.ts';
import type { PolicySession } from './policy-session.ts';
import { probeObservations, type ProbeOptions } from './probes.ts';
import { explainedByRounding, type Differing, type Explained } from './rounding.ts';

export interface VerifyOptions extends ProbeOptions {
  /**
   * Difference of an action allowed, relative to half the range of its entry: of each in float32, default 1e-5, to which what float32
   * rounds an action of that size by is added; of the mean in float16, default 0.02, and in int8, default 0.2.
   */
  readonly tolerance?: number;
  /**
   * The agent's programs. Where a file in float32 differs by more, they tell whether both are what some engine may round the exact
   * action to: the same one, or the best of several candidates and one whose score is the same but for rounding. Default: none, it
   * may not.
   */
  readonly deployment?: Deployment;
}

/** How well a file agrees with its agent. */
export interface Verification {
  readonly observations: number;
  /**
   * Largest difference: of actions, relative to half the range of their entry; of everything else, relative or absolute,
   * whichever is smaller.
   */
  readonly maxError: number;
  /** The mean of these differences; of several outputs the largest mean. */
  readonly meanError: number;
}

/**
 * The differences allowed of actions, in halves of their range, and of everything else: of each in float32, of the mean in other
 * precisions. There one alone may be large: where the best of several candidates is chosen, it may be the next one.
 */
const ALLOWED = {
  float32: { action: 1e-5, other: 1e-3 },
  float16: { action: 0.02, other: 0.1 },
  int8: { action: 0.2, other: 0.5 },
} as const satisfies Record<Precision, { readonly action: number; readonly other: number }>;

/** What is allowed of each number: in other precisions than float32 whatever is finite, see {@link requireMean}. */
const allowedOfEach = (precision: Precision, tolerance: number): number =>
  precision === 'float32' ? tolerance : Number.POSITIVE_INFINITY;

/**
 * @throws PolicyFileError if a file of reduced precision differs from its agent by more than the tolerance in the mean
 */
function requireMean(
  { mean }: Difference,
  tolerance: number,
  { file, output, precision }: Pick<Comparison, 'file' | 'output'> & { readonly precision: Precision },
): void {
  if (precision !== 'float32' && mean > tolerance)
    throw new PolicyFileError(
      `verify: in ${precision} ${file} differs from the agent by ${mean.toPrecision(3)} in ${output} in the mean, allowed is ${tolerance}. The precision is too coarse for this agent. Export with the precision float32.`,
    );
}

/** Measures actions by half the range of their entry, and forgives what float32 rounds. An entry that is one number must be it. */
function actionMeasure({ half, middle, rounding }: ActionUnits, tolerance: number): Differing['measure'] {
  return (_, entry) => {
    const [reach = Number.NaN, rounded = Number.NaN] = [half[entry], rounding[entry]];
    const scale = reach > 0 ? reach : Math.max(1, Math.abs(middle[entry] ?? Number.NaN));
    return { scale, allowed: (reach > 0 ? tolerance : 0) + rounded / scale };
  };
}

/** Measures other outputs by their size, or by 1 if they are smaller; a density by what it is without the environment's units. */
const outputMeasure = (
  name: string,
  { logVolume }: ActionUnits,
  tolerance: number,
): Comparison['measure'] => {
  const offset = name === 'log_prob' ? logVolume : 0;
  return (value) => {
    const scale = Math.max(1, Math.abs(value + offset));
    return { scale, allowed: tolerance + (FLOAT32_EPSILON * Math.abs(offset)) / scale };
  };
};

/**
 * Compares a policy file with the agent that it was made from, on probes or random observations.
 *
 * @throws PolicyFileError if they differ by more than the tolerance, an action is not finite, or the probes are no observations
 */
export async function verifyPolicy(
  actor: ComparedAgent,
  policy: Pick<Policy, 'metadata' | 'act'>,
  { observations = 1000, seed = 0, tolerance, deployment, ...options }: VerifyOptions = {},
): Promise<Verification> {
  checkVerifyOptions({ observations, tolerance });
  const { observationSpace, actionSpace, precision } = policy.metadata;
  const allowed = tolerance ?? ALLOWED[precision].action;
  const compared = { file: POLICY_FILES.policy, output: 'action' };
  const { normalizer } = deployment ?? {};
  const inputs = probeObservations(observationSpace, {
    ...(normalizer && { normalizer }),
    ...options,
    observations,
    seed,
  });
  const ofAgent = await actor.act(inputs, { deterministic: true });
  // From the bounds themselves, in float64: a mistake in the file's constants shows.
  const expected = affineMap(actionSpace)(ofAgent);
  const actual = await policy.act(inputs);
  const measure = actionMeasure(actionUnits(actionSpace), allowedOfEach(precision, allowed));
  const given = { inputs, ofAgent: expected, ofFile: actual, measure };
  const explained = deployment
    ? await explainedRows(deployment, policy.metadata, given)
    : new Map<number, Explained>();
  const difference = differenceOf({
    ...compared,
    actual,
    expected: withRows(expected, explained, actionSpace.size),
    width: actionSpace.size,
    measure: (value, entry, row) => {
      const { scale, allowed: least } = measure(value, entry);
      return { scale, allowed: least + (explained.get(row)?.rounding[entry] ?? 0) / scale };
    },
    advice:
      'Compare it with the agent that it was made from, on raw observations and without an update in between; ' +
      (deployment && !normalizer
        ? 'if that agent normalizes its observations, give its deployment normalizer: scaling() of the normalizer; if it does not, report this as a bug.'
        : 'if it was, report this as a bug.'),
  });
  requireMean(difference, allowed, { ...compared, precision });
  const { largest, mean } = difference;
  return { observations: inputs.length / observationSpace.size, maxError: largest, meanError: mean };
}

/** What {@link verifyPolicy} compares, actions in the environment's units. */
interface Compared extends Omit<Differing, 'observation'> {
  readonly inputs: Float32Array;
}

/** The rows that differ, if rounding explains all of them; else as many as it does. */
async function explainedRows(
  deployment: Deployment,
  { observationSpace, actionSpace }: PolicyMetadata,
  { inputs, ofAgent, ofFile, measure }: Compared,
): Promise<ReadonlyMap<number, Explained>> {
  const { size } = actionSpace;
  const differs = Array.from({ length: inputs.length / observationSpace.size }, (_, row) => row).filter(
    (row) =>
      Array.from({ length: size }, (_, entry) => row * size + entry).some((i) => {
        const value = ofAgent[i] ?? Number.NaN;
        const { scale, allowed } = measure(value, i % size);
        // What isn't finite is refused by name elsewhere.
        return Number.isFinite(value) && Math.abs((ofFile[i] ?? Number.NaN) - value) > allowed * scale;
      }),
  );
  if (differs.length === 0) return new Map();
  const rowsOf = (values: ArrayLike<number>, width: number) =>
    differs.flatMap((row) => Array.from({ length: width }, (_, i) => values[row * width + i] ?? Number.NaN));
  const { candidates, policy } = deployedPrograms(deployment, actionSpace);
  const explained = await explainedByRounding(candidates ?? policy, deployment.state, {
    observation: Float32Array.from(rowsOf(inputs, observationSpace.size)),
    ofAgent: rowsOf(ofAgent, size),
    ofFile: rowsOf(ofFile, size),
    measure,
  });
  return new Map(explained.map((action, i) => [differs[i] ?? Number.NaN, action]));
}

/** [rows, size] actions, some of them replaced. */
function withRows(
  actions: ArrayLike<number>,
  rows: ReadonlyMap<number, Explained>,
  size: number,
): ArrayLike<number> {
  return Array.from(actions, (value, i) => rows.get(Math.floor(i / size))?.action[i % size] ?? value);
}

/** Rows on which the slower comparison with the reference runtime is made. */
const REFERENCE_ROWS = 64;

/** How near to its ends the range of an action is drawn from, in halves of it: beyond, float32 has few digits of 1 − a². */
const END = 1e-3;

/** [rows, act] actions in the environment's units, uniform but for the ends of the range. */
function randomActions({ middle, half, rounding }: ActionUnits, rows: number, seed: number): Float32Array {
  const random = stream(seed, 1);
  const size = half.length;
  return Float32Array.from({ length: rows * size }, (_, i) => {
    const [center = 0, reach = 0, rounded = 0] = [middle[i % size], half[i % size], rounding[i % size]];
    return center + (2 * random.uniform() - 1) * Math.max(0, reach * (1 - END) - rounded);
  });
}

/**
 * Compares the stochastic policy and the critic with the agent's programs on the float64 reference runtime.
 *
 * @throws PolicyFileError if an action differs by more than 1e-3 of half its range and what float32 rounds it by, another
 *   output by more than 1e-3, relative or absolute, or the probes are no observations
 */
export async function verifySession(
  kind: 'stochastic' | 'critic',
  deployment: Deployment,
  session: PolicySession,
  { observations = 1000, seed = 0, ...options }: ProbeOptions = {},
): Promise<Verification> {
  checkVerifyOptions({ observations });
  const { observationSpace, actionSpace, precision } = session.metadata;
  // In float32: against float64.
  const { other: allowed } = ALLOWED[precision];
  const tolerance = allowedOfEach(precision, allowed);
  const program: Program | undefined = deployedPrograms(deployment, actionSpace)[kind];
  if (!program) throw new PolicyFileError(`verify: the agent offers no ${kind} program.`);
  const { normalizer } = deployment;
  const observation = probeObservations(observationSpace, {
    ...(normalizer && { normalizer }),
    ...options,
    observations: Math.min(observations, REFERENCE_ROWS),
    seed,
  });
  const rows = observation.length / observationSpace.size;
  const units = actionUnits(actionSpace);
  const noise = new Float32Array(rows * actionSpace.size);
  stream(seed, 1).fillNormal(noise);
  const inputs =
    kind === 'stochastic'
      ? { observation, noise }
      : { observation, action: randomActions(units, rows, seed) };
  const reference = await referenceRuntime.load(program);
  for (const name of Object.keys(program.state)) reference.state.write(name, deployment.state[name] ?? []);
  const expected = await reference.run(inputs);
  const actual = await session.run(inputs);
  const errors = Object.entries(expected).map(([output, values]) => {
    const compared = { file: POLICY_FILES[kind], output };
    const difference = differenceOf({
      ...compared,
      actual: actual[output] ?? [],
      expected: values,
      width: output === 'action' ? actionSpace.size : 1,
      measure:
        output === 'action' ? actionMeasure(units, tolerance) : outputMeasure(output, units, tolerance),
      advice: 'Both are made of the same program: report this as a bug.',
    });
    requireMean(difference, allowed, { ...compared, precision });
    return difference;
  });
  return {
    observations: rows,
    maxError: Math.max(...errors.map(({ largest }) => largest)),
    meanError: Math.max(...errors.map(({ mean }) => mean)),
  };
}
