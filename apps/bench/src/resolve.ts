import { MEOW_PRESETS, PRESET_OF_ENVIRONMENT, resolveMeowConfig } from '@meow-rl/meow';
import type { MeowConfig, MeowPreset } from '@meow-rl/meow';
import { builtinEnvs } from '@meow-rl/envs';

import type { TrainConfig } from './config.ts';
import { UsageError } from './errors.ts';
import { nearest } from './suggest.ts';

/** A training run with every setting given. */
export type ResolvedTrain = Required<Omit<TrainConfig, 'out' | 'preset' | 'agent'>> & {
  readonly preset: string;
  readonly agent: MeowConfig;
};

/** Ids of the environments that can be trained on. */
export const environmentIds = (): readonly string[] => Object.keys(builtinEnvs);

/**
 * @throws UsageError for an id that does not exist
 */
export function checkEnvironment(id: string): void {
  if (!environmentIds().includes(id)) throw unknownName('environment', id, environmentIds());
}

function unknownName(what: string, name: string, known: readonly string[]): UsageError {
  const close = nearest(name, known);
  return new UsageError(
    `there is no ${what} ${name}`,
    `${close === undefined ? '' : `Did you mean ${close}? `}Known: ${known.join(', ')}.`,
  );
}

function presetOf(name: string): MeowPreset {
  const known: Readonly<Record<string, MeowPreset>> = MEOW_PRESETS;
  const preset = Object.hasOwn(known, name) ? known[name] : undefined;
  if (!preset) throw unknownName('preset', name, Object.keys(known));
  return preset;
}

/**
 * Fills in what the command line left out, from the preset.
 *
 * @throws UsageError for an unknown environment or preset, or settings that contradict each other
 */
export function resolveTrain(config: TrainConfig): ResolvedTrain {
  const { out: _folder, ...settings } = config;
  checkEnvironment(config.env);
  const name = config.preset ?? PRESET_OF_ENVIRONMENT[config.env];
  if (name === undefined)
    throw new UsageError(
      `there are no settings for ${config.env}`,
      `Name some with --preset: ${Object.keys(MEOW_PRESETS).join(', ')}.`,
    );
  const { agent: presetAgent, ...preset } = presetOf(name);
  let agent: MeowConfig;
  try {
    agent = resolveMeowConfig({ ...presetAgent, ...config.agent });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      message.replace(/^meow: /, '').replace(/\.$/, ''),
      'Change it in the flags or the file.',
      {
        cause: error,
      },
    );
  }
  const resolved = { ...preset, ...settings, preset: name, agent };
  if (resolved.warmup >= resolved.steps)
    throw new UsageError(
      `warmup ${resolved.warmup} leaves nothing to learn in ${resolved.steps} steps`,
      `Give more than ${resolved.warmup} steps.`,
    );
  return resolved;
}
