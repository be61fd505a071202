import { affineMap } from '@meow-rl/envs';
import { referenceRuntime } from '@meow-rl/graph';
import type { Program } from '@meow-rl/graph';
import { stream } from '@meow-rl/random';
import type { Actor, Deployment } from '@meow-rl/train';

import { actionUnits, FLOAT32_EPSILON, type ActionUnits } from './action-units.ts';
import { differenceOf, type Comparison } from './compare.ts';
import { PolicyFileError } from './errors.ts';
import { POLICY_FILES } from './file-names.ts';
import type { Policy } from './load-policy.ts';
import type { Precision } from './metadata.ts';
import { deployedPrograms } from './policy-files.ts';
import type { PolicySession } from './policy-session.ts';
import { probeObservations, type ProbeOptions } from './probes.ts';

export interface VerifyOptions extends ProbeOptions {
  /**
   * Largest difference allowed, relative to half the range of an action's entry; default 1e-5, in float16 0.05 and in int8 1. What
   * float32 rounds an action of that size by comes on top.
   */
  readonly tolerance?: number;
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
 * The largest differences allowed of actions, in halves of their range, and of everything else. Those of reduced precisions only catch
 * what is broken: what they cost is measured and written into the file.
 */
const ALLOWED = {
  float32: { action: 1e-5, reference: 1e-3 },
  float16: { action: 0.05, reference: 0.25 },
  int8: { action: 1, reference: 1 },
} as const satisfies Record<Precision, { readonly action: number; readonly reference: number }>;

/** Measures actions by half the range of their entry, and forgives what float32 rounds. An entry that is one number must be it. */
function actionMeasure({ half, middle, rounding }: ActionUnits, tolerance: number): Comparison['measure'] {
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
  actor: Actor,
  policy: Pick<Policy, 'metadata' | 'act'>,
  { observations = 1000, seed = 0, tolerance, ...options }: VerifyOptions = {},
): Promise<Verification> {
  const { observationSpace, actionSpace, precision } = policy.metadata;
  const inputs = probeObservations(observationSpace, { ...options, observations, seed });
  const ofAgent = await actor.act(inputs, { deterministic: true });
  // From the bounds themselves, in float64: a mistake in the file's constants shows.
  const expected = affineMap(actionSpace)(ofAgent);
  const { largest, mean } = differenceOf({
    file: POLICY_FILES.policy,
    output: 'action',
    actual: await policy.act(inputs),
    expected,
    width: actionSpace.size,
    measure: actionMeasure(actionUnits(actionSpace), tolerance ?? ALLOWED[precision].action),
    advice:
      'Compare it with the agent that it was made from, on raw observations and without an update in between; if it was, report this as a bug.',
  });
  return { observations: inputs.length / observationSpace.size, maxError: largest, meanError: mean };
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
  const { observationSpace, actionSpace, precision } = session.metadata;
  // In float32: against float64.
  const tolerance = ALLOWED[precision].reference;
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
  const errors = Object.entries(expected).map(([name, values]) =>
    differenceOf({
      file: POLICY_FILES[kind],
      output: name,
      actual: actual[name] ?? [],
      expected: values,
      width: name === 'action' ? actionSpace.size : 1,
      measure: name === 'action' ? actionMeasure(units, tolerance) : outputMeasure(name, units, tolerance),
      advice: 'Both are made of the same program: report this as a bug.',
    }),
  );
  return {
    observations: rows,
    maxError: Math.max(...errors.map(({ largest }) => largest)),
    meanError: Math.max(...errors.map(({ mean }) => mean)),
  };
}
