import { box } from '@meow-rl/envs';
import type { Box } from '@meow-rl/envs';

import { PolicyFileError } from './errors.ts';

/** Raised when files of an older version can no longer be read. */
const FORMAT_VERSION = '1';

/** What a policy file knows of itself, kept in the ONNX file's metadata. */
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

// JSON has no infinity, which bounds of observations often are.
const encodeBox = ({ low, high, shape }: Box): string =>
  JSON.stringify({ low: Array.from(low, String), high: Array.from(high, String), shape });

function decodeBox(text: string): Box {
  const { low, high, shape }: { low: string[]; high: string[]; shape: number[] } = JSON.parse(text);
  return box({ low: low.map(Number), high: high.map(Number), shape });
}

/** Metadata as ONNX keeps it: strings by name. */
export const encodeMetadata = (metadata: PolicyMetadata): Record<string, string> => ({
  'meow_rl.format': FORMAT_VERSION,
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
): PolicyMetadata {
  const known = new Map(properties.map(({ key, value }) => [key, value]));
  const format = known.get('meow_rl.format');
  if (format !== FORMAT_VERSION)
    throw new PolicyFileError(
      `${where}: expected a policy of format ${FORMAT_VERSION}, got ${format === undefined ? 'an ONNX file without meow-rl metadata' : `format ${format}`}. Export it again with this version.`,
    );
  const read = (key: string): string => {
    const value = known.get(key);
    if (value === undefined)
      throw new PolicyFileError(`${where}: metadata ${key} is missing. Export it again.`);
    return value;
  };
  try {
    return {
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
