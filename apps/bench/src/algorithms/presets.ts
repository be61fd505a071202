import { unknownName } from '../cli/unknown-name.ts';
import { taskOf } from '../environments/task-of.ts';
import type { Algorithm, Preset } from './algorithm.ts';

/** The name of the preset that an algorithm trains with in an environment unless another is asked for. */
export const usualPreset = (
  { presetOfEnvironment, generalPreset }: Pick<Algorithm, 'presetOfEnvironment' | 'generalPreset'>,
  environment: string,
): string => presetOfEnvironment[taskOf({ environment })] ?? generalPreset;

/**
 * The preset of a name.
 *
 * @throws UsageError with those that there are
 */
export function presetNamed(name: string, { presets }: Pick<Algorithm, 'presets'>): Preset {
  const preset = Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (!preset) throw unknownName('preset', name, Object.keys(presets));
  return preset;
}
