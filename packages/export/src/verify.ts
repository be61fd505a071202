import { referenceRuntime } from '@meow-rl/graph';
import type { Program } from '@meow-rl/graph';
import { stream } from '@meow-rl/random';
import type { Agent, ObservationScaling } from '@meow-rl/train';

import type { Deployment } from './deployment.ts';
import { PolicyFileError } from './errors.ts';
import { deployedPrograms } from './policy-files.ts';
import type { Policy, PolicySession } from './policy.ts';

export interface VerifyOptions {
  /** Random observations to compare on; default 1000. */
  readonly observations?: number;
  /** Seed of those observations; default 0. */
  readonly seed?: number;
  /** Largest difference allowed, relative to the half-width of the action space; default 1e-5. */
  readonly tolerance?: number;
  /** Observations are drawn where this standardization is at home: spread like those it has seen. */
  readonly normalizer?: ObservationScaling;
}

/** How well a file agrees with its agent. */
export interface Verification {
  readonly observations: number;
  /**
   * Largest difference: of the policy, of an action's entry relative to the half-width of the action space; of the other
   * files, of an output, relative or absolute, whichever is smaller.
   */
  readonly maxError: number;
}

/** Observations drawn from a space, or normal ones around the mean of a standardization; row-major. */
function randomObservations(
  policy: Pick<Policy, 'metadata'>,
  rows: number,
  seed: number,
  normalizer?: ObservationScaling,
): Float32Array {
  const random = stream(seed, 0);
  const { observationSpace } = policy.metadata;
  const all = new Float32Array(rows * observationSpace.size);
  if (normalizer) {
    const { mean, scale } = normalizer;
    return all.map((_, i) => {
      const entry = i % observationSpace.size;
      return (mean[entry] ?? Number.NaN) + random.normal() / (scale[entry] ?? Number.NaN);
    });
  }
  for (let row = 0; row < rows; row++) all.set(observationSpace.sample(random), row * observationSpace.size);
  return all;
}

/**
 * Compares a policy file with the agent that it was made from, on random observations.
 *
 * @throws PolicyFileError if they differ by more than the tolerance, or an action is not finite
 */
export async function verifyPolicy(
  agent: Agent,
  policy: Policy,
  { observations = 1000, seed = 0, tolerance = 1e-5, normalizer }: VerifyOptions = {},
): Promise<Verification> {
  const inputs = randomObservations(policy, observations, seed, normalizer);
  const ofAgent = await agent.act(inputs, { deterministic: true });
  const ofPolicy = await policy.act(inputs);
  const { low, high, size } = policy.metadata.actionSpace;
  let maxError = 0;
  ofAgent.forEach((action, i) => {
    const [from = -1, to = 1] = [low[i % size], high[i % size]];
    const half = (to - from) / 2;
    const error = Math.abs((ofPolicy[i] ?? Number.NaN) - (from + (action + 1) * half)) / half;
    maxError = error <= maxError ? maxError : error;
  });
  if (!(maxError <= tolerance))
    throw new PolicyFileError(
      `verify: policy.onnx and the agent differ by ${maxError} of the action range on ${observations} random observations, allowed is ${tolerance}. The file is not kept; report this as a bug.`,
    );
  return { observations, maxError };
}

/** Rows on which the slower comparison with the reference runtime is made. */
const REFERENCE_ROWS = 64;

/** float32 against float64, through atanh near the ends of the action space. */
const REFERENCE_TOLERANCE = 1e-3;

/**
 * Compares the stochastic policy and the critic with the agent's programs on the float64 reference runtime.
 *
 * @throws PolicyFileError if an output differs by more than 1e-3, relative or absolute
 */
export async function verifySession(
  kind: 'stochastic' | 'critic',
  deployment: Deployment,
  session: PolicySession,
  seed = 0,
): Promise<Verification> {
  const { actionSpace } = session.metadata;
  const program: Program | undefined = deployedPrograms(deployment, actionSpace)[kind];
  if (!program) throw new PolicyFileError(`verify: the agent offers no ${kind} program.`);
  const random = stream(seed, 1);
  const other = new Float32Array(REFERENCE_ROWS * actionSpace.size);
  if (kind === 'stochastic') random.fillNormal(other);
  else
    for (let row = 0; row < REFERENCE_ROWS; row++)
      other.set(actionSpace.sample(random), row * actionSpace.size);
  const inputs = {
    observation: randomObservations(session, REFERENCE_ROWS, seed, deployment.normalizer),
    [kind === 'stochastic' ? 'noise' : 'action']: other,
  };
  const reference = await referenceRuntime.load(program);
  for (const name of Object.keys(program.state)) reference.writeState(name, deployment.state[name] ?? []);
  const expected = await reference.run(inputs);
  const actual = await session.run(inputs);
  let maxError = 0;
  for (const [name, values] of Object.entries(expected))
    values.forEach((value, i) => {
      const error = Math.abs((actual[name]?.[i] ?? Number.NaN) - value) / Math.max(1, Math.abs(value));
      maxError = error <= maxError ? maxError : error;
    });
  if (!(maxError <= REFERENCE_TOLERANCE))
    throw new PolicyFileError(
      `verify: ${kind} file and agent differ by ${maxError}, allowed is ${REFERENCE_TOLERANCE}. The file is not kept; report this as a bug.`,
    );
  return { observations: REFERENCE_ROWS, maxError };
}
