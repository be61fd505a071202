import type { Box } from '@meow-rl/envs';
import {
  add,
  clip,
  constant,
  div,
  freeze,
  mapInput,
  mapOutputs,
  mul,
  scoped,
  serialize,
  sub,
} from '@meow-rl/graph';
import type { Program, Tensor } from '@meow-rl/graph';

import { actionUnits } from './action-units.ts';
import { digestOf, withChecksum } from './checksum.ts';
import type { Deployment, ObservationScaling } from './deployment.ts';
import { PolicyFileError } from './errors.ts';
import type { PolicyFile } from './file-names.ts';
import { encodeMetadata, PRECISIONS } from './metadata.ts';
import type { PolicyMetadata, Precision } from './metadata.ts';
import { inPrecision } from './precision/in-precision.ts';

/** What a stochastic policy gives: the density only where it has one. */
interface SampledOutputs {
  readonly action: Tensor;
  readonly logProb?: Tensor;
}

/** The programs of an agent in the environment's units, as they are written to files. */
export interface DeployedPrograms {
  readonly policy: Program<'observation', string, 'action'>;
  /** No file: what `policy` takes the best of. */
  readonly candidates: Program<'observation', string, 'action' | 'score'> | undefined;
  readonly stochastic: Program<'observation' | 'noise', string, 'action'> | undefined;
  readonly critic: Program<'observation' | 'action'> | undefined;
}

const inUnits = (convert: (given: Tensor) => Tensor) => scoped('actionSpace', convert);

/** Conversions between actions in [−1, 1] and in the environment's units. */
function conversions(space: Box) {
  const { middle, half, logVolume } = actionUnits(space);
  const identity = half.every((reach) => reach === 1) && middle.every((center) => center === 0);
  const varies = half.map((reach) => Number(reach > 0));
  const divisor = half.map((reach) => (reach > 0 ? reach : 1));
  return {
    toEnvironment: inUnits((action) =>
      identity ? action : add(mul(action, constant(half)), constant(middle)),
    ),
    fromEnvironment: inUnits((action) => {
      if (identity) return action;
      const shares = div(sub(action, constant(middle)), constant(divisor));
      // Whatever is given for an entry that is one number, the agent sees the middle.
      return varies.includes(0) ? mul(shares, constant(varies)) : shares;
    }),
    // A density over larger units is smaller: log p(a_env) = log p(a) − Σ log((high − low) / 2)
    logProb: inUnits((logProb) => (identity ? logProb : sub(logProb, logVolume))),
  };
}

/**
 * A program that standardizes its observations first: `clip((x − mean) · scale, ±clip)`.
 *
 * @throws PolicyFileError if the numbers are for observations of another size, or not finite
 */
function takingRaw<I extends string, S extends string, O extends string>(
  program: Program<I | 'observation', S, O>,
  normalizer: ObservationScaling | undefined,
): Program<I | 'observation', S, O> {
  if (!normalizer) return program;
  const { mean, scale, clip: bound } = normalizer;
  const { shape } = program.inputs.observation;
  const fits = [mean, scale].every(
    (values) => values.length === shape[1] && values.every((value) => Number.isFinite(value)),
  );
  if (!fits)
    throw new PolicyFileError(
      `export: the normalizer has ${mean.length} means and ${scale.length} scales, expected ${shape[1]} finite ones as in the observation. Give scaling() of the agent's own normalizer.`,
    );
  return mapInput<I | 'observation', S, O>(
    program,
    'observation',
    { shape },
    scoped('normalizer', (raw) => clip(mul(sub(raw, constant(mean)), constant(scale)), -bound, bound)),
  );
}

/** An agent's programs on raw observations, with actions in the environment's units, named as the ONNX contract names them. */
export function deployedPrograms(
  { normalizer, ...programs }: Deployment,
  actionSpace: Box,
): DeployedPrograms {
  const units = conversions(actionSpace);
  const policy = takingRaw<'observation', string, 'action'>(programs.policy, normalizer);
  const candidates =
    programs.candidates &&
    takingRaw<'observation', string, 'action' | 'score'>(programs.candidates, normalizer);
  const stochastic = programs.stochastic && takingRaw(programs.stochastic, normalizer);
  const critic = programs.critic && takingRaw(programs.critic, normalizer);
  return {
    policy: mapOutputs(policy, ({ action }) => ({ action: units.toEnvironment(action) })),
    candidates:
      candidates &&
      mapOutputs(candidates, ({ action, score }) => ({ action: units.toEnvironment(action), score })),
    stochastic:
      stochastic &&
      mapOutputs(stochastic, ({ action, logProb }: SampledOutputs): Record<'action', Tensor> => ({
        action: units.toEnvironment(action),
        ...(logProb && { log_prob: units.logProb(logProb) }),
      })),
    critic:
      critic &&
      mapInput<'observation' | 'action', string, string>(
        critic,
        'action',
        { shape: critic.inputs.action.shape },
        units.fromEnvironment,
      ),
  };
}

/** @throws RangeError unless the spaces have the sizes of the agent's programs */
function checkSpaces(
  { policy }: Deployment,
  { observationSpace, actionSpace }: Pick<PolicyMetadata, 'observationSpace' | 'actionSpace'>,
): void {
  const sizes = [
    ['observationSpace', observationSpace, policy.inputs.observation.shape[1]],
    ['actionSpace', actionSpace, policy.outputs.action.shape[1]],
  ] as const;
  for (const [name, space, expected] of sizes) {
    if (space?.size === expected) continue;
    throw new RangeError(
      `export: ${name} of the metadata has ${space ? `${space.size} entries` : 'no box'}, expected ${String(expected)} as the agent has. Give the space of the environment that it was trained in.`,
    );
  }
}

/** Tells files of different agents apart; algorithm, environment and steps may be the same. */
const parametersDigest = ({ state, normalizer }: Deployment): string =>
  digestOf([
    ...Object.entries(state)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, values]) => values),
    ...(normalizer ? [normalizer.mean, normalizer.scale] : []),
  ]).slice(0, 16);

/** What a file is, for whoever opens it in a viewer. */
function documentationOf(
  kind: PolicyFile,
  { algorithm, environment, trainingSteps }: PolicyMetadata,
): string {
  const what = {
    policy: 'The deterministic action',
    stochastic: 'A sampled action',
    critic: 'Values of an action or of its state',
  };
  return `${what[kind]} in ${environment}, of an agent of ${algorithm} that was trained for ${trainingSteps} steps. Written by meow-rl.`;
}

/** What inputs and outputs are; a critic's others have the names that the agent gives them. */
const DESCRIPTIONS = {
  observation: 'one row for each observation, as the environment gives it',
  noise: 'standard normal numbers, one for each entry of an action',
  action: "one row for each observation, in the environment's units",
  log_prob: "log-density of each action in the environment's units, before any clipping",
  value: 'value of each observation',
} as const;

/**
 * The bytes of an agent's ONNX files by kind; kinds that the agent does not offer are absent.
 *
 * `policy`: `observation` [batch, O] as the environment gives it to `action` [batch, A] in the environment's units.
 * `stochastic` adds the input `noise` [batch, A], standard normal, and, where the policy has a density, the output `log_prob` [batch],
 * the log-density of that action in those units (where an agent clips what it samples, as PPO does: of the number before it). `critic`: `observation`, `action` to values, [batch] each, by
 * the names that the agent gives them.
 *
 * An entry whose bounds are equal is that number in `action`. It has no units for a density: in `log_prob` it counts as the
 * agent's own entry in [−1, 1], and `critic` takes the middle of that whatever is given.
 *
 * @param precision of weights and layers; inputs and outputs are float32 in all of them
 * @throws RangeError if there is no such precision, or a space has another size than the agent
 * @throws PolicyFileError if the action space has an infinite bound, or one that float32 can't tell from the other; or if the
 *   precision can't hold the weights
 */
export function policyFiles(
  deployment: Deployment,
  metadata: PolicyMetadata,
  precision: Precision = 'float32',
): Partial<Record<PolicyFile, Uint8Array>> {
  if (!PRECISIONS.includes(precision))
    throw new RangeError(
      `export: precision must be one of ${PRECISIONS.join(', ')}, got ${String(precision)}.`,
    );
  checkSpaces(deployment, metadata);
  const programs = deployedPrograms(deployment, metadata.actionSpace);
  const properties = encodeMetadata(metadata, precision, parametersDigest(deployment));
  const write = (kind: PolicyFile, name: string, program: Program): Uint8Array => {
    const model = serialize(freeze(program, deployment.state), {
      name,
      metadata: properties,
      documentation: documentationOf(kind, metadata),
      descriptions: DESCRIPTIONS,
      lowestOpset: true,
    });
    return withChecksum(inPrecision(model, precision));
  };
  return {
    policy: write('policy', 'policy', programs.policy),
    ...(programs.stochastic
      ? { stochastic: write('stochastic', 'policy_stochastic', programs.stochastic) }
      : {}),
    ...(programs.critic ? { critic: write('critic', 'critic', programs.critic) } : {}),
  };
}
