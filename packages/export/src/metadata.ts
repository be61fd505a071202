import { box } from '@meow-rl/envs';
import type { Box } from '@meow-rl/envs';

import { PolicyFileError } from './errors.ts';

/** Of what is written and read. */
const FORMAT_VERSION = '2';

/** What a file's weights are and compute in; inputs and outputs are always float32. */
export const PRECISIONS = ['float32', 'float16', 'int8'] as const;
export type Precision = (typeof PRECISIONS)[number];

/** What a policy is and where it comes from. */
export interface PolicyMetadata {
  /** For instance `meow`. */
  readonly algorithm: string;
  /** Id of the environment, for instance `HalfCheetah-v5`. */
  readonly environment: string;
  readonly observationSpace: Box;
  readonly actionSpace: Box;
  /** Environment steps that the agent was trained for. */
  readonly trainingSteps: number;
  /** Versions of what made the file, by name. */
  readonly versions: Readonly<Record<string, string>>;
}

/** What a policy file knows of itself, kept in the ONNX file's metadata. */
export interface FileMetadata extends PolicyMetadata {
  /** `2`. */
  readonly format: string;
  /** Digest of the parameters: files of one agent have the same. */
  readonly agent: string;
  readonly precision: Precision;
  /** What was measured when it was exported, such as its error, by name. */
  readonly measured: Readonly<Record<string, number>>;
}

/** Metadata of what was measured, such as `measured.max_error`. */
export const encodeMeasured = (measured: Readonly<Record<string, number>>): Record<string, string> =>
  Object.fromEntries(Object.entries(measured).map(([name, value]) => [`${MEASURED}${name}`, String(value)]));

/** What names of what was measured begin with. */
const MEASURED = 'measured.';

// JSON has no infinity, which bounds of observations often are.
const encodeBox = ({ low, high, shape }: Box): string =>
  JSON.stringify({ low: Array.from(low, String), high: Array.from(high, String), shape });

function decodeBox(text: string): Box {
  const { low, high, shape }: { low: string[]; high: string[]; shape: number[] } = JSON.parse(text);
  return box({ low: low.map(Number), high: high.map(Number), shape });
}

/** Metadata as ONNX keeps it: strings by name. */
export const encodeMetadata = (
  metadata: PolicyMetadata,
  precision: Precision,
  agent: string,
): Record<string, string> => ({
  'meow_rl.format': FORMAT_VERSION,
  'meow_rl.agent': agent,
  precision,
  algorithm: metadata.algorithm,
  environment: metadata.environment,
  observation_space: encodeBox(metadata.observationSpace),
  action_space: encodeBox(metadata.actionSpace),
  training_steps: String(metadata.trainingSteps),
  versions: JSON.stringify(metadata.versions),
});

/**
 * @param where names the file in messages
 * @throws PolicyFileError if the file is of another version or lacks something
 */
export function decodeMetadata(
  properties: readonly { readonly key: string; readonly value: string }[],
  where: string,
): FileMetadata {
  const known = new Map(properties.map(({ key, value }) => [key, value]));
  const format = known.get('meow_rl.format');
  if (format === undefined)
    throw new PolicyFileError(
      `${where}: it is an ONNX file without meow-rl metadata, made by another program. Give a file that meow-bench export or exportAgent has written.`,
    );
  if (format !== FORMAT_VERSION)
    throw new PolicyFileError(
      `${where}: expected a policy of format ${FORMAT_VERSION}, got format ${format}. Read it with the version of @meow-rl/export that wrote it or a newer one, or export it again with this one.`,
    );
  const read = (key: string): string => {
    const value = known.get(key);
    if (value === undefined)
      throw new PolicyFileError(`${where}: metadata ${key} is missing. Export it again.`);
    return value;
  };
  const precision = PRECISIONS.find((name) => name === known.get('precision'));
  if (precision === undefined)
    throw new PolicyFileError(
      `${where}: its precision is ${known.get('precision')}, expected ${PRECISIONS.join(', ')}. Export it again.`,
    );
  const measured = properties.filter(({ key }) => key.startsWith(MEASURED));
  try {
    return {
      format,
      precision,
      agent: read('meow_rl.agent'),
      measured: Object.fromEntries(
        measured.map(({ key, value }) => [key.slice(MEASURED.length), Number(value)]),
      ),
      algorithm: read('algorithm'),
      environment: read('environment'),
      observationSpace: decodeBox(read('observation_space')),
      actionSpace: decodeBox(read('action_space')),
      trainingSteps: Number(read('training_steps')),
      versions: JSON.parse(read('versions')),
    };
  } catch (error) {
    if (error instanceof PolicyFileError) throw error;
    throw new PolicyFileError(`${where}: its metadata cannot be read. Export it again.`, { cause: error });
  }
}
