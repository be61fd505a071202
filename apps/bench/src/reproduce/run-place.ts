import { readWholeConfig, type RawConfig } from '../cli/config-file.ts';
import { UsageError } from '../cli/errors.ts';
import type { ReproduceConfig } from '../commands/reproduce.ts';
import { isBridge } from '../environments/bridge.ts';
import { simulatorSettings } from '../environments/environments.ts';
import { parseSweep } from '../sweep/definition.ts';

/** What runs need to know of where they run; it changes no number. */
export interface RunPlace {
  /** Settings of runs in a simulator. */
  readonly simulator: RawConfig;
  /** How trials get onto a Ray cluster, as `ray` of a sweep says it. */
  readonly ray?: RawConfig;
}

/**
 * Where the runs of these environments run.
 *
 * @throws UsageError for what they have no use for, and for a file that says it wrongly
 */
export async function runPlaceOf(
  config: ReproduceConfig,
  environments: readonly string[],
): Promise<RunPlace> {
  const simulator = simulatorOf(config);
  const [name] = Object.keys(simulator);
  if (name !== undefined && !environments.some(isBridge))
    throw new UsageError(
      `${name} is for simulators in Python, and ${environments.join(', ')} ${environments.length === 1 ? 'is none' : 'are none'}`,
      'Leave it out.',
    );
  const { engine, ray } = config;
  if (ray === undefined) return { simulator };
  if (engine !== 'ray')
    throw new UsageError(
      'ray is for runs on a Ray cluster, and these run on this machine',
      'Give --engine ray with it, or leave it out.',
    );
  return { simulator, ray: await readRay(ray) };
}

/** Settings of runs in a simulator: they are this machine's, and change no number. */
export const simulatorOf = ({ python, simulatorDevice }: ReproduceConfig): RawConfig => ({
  ...simulatorSettings({
    ...(python !== undefined && { python }),
    ...(simulatorDevice !== undefined && { simulatorDevice }),
  }),
});

async function readRay(file: string): Promise<RawConfig> {
  const ray = await readWholeConfig(file, '--ray');
  // Says at once what is wrong with it.
  parseSweep({ ray, algorithms: ['meow'], environments: ['MultiGoal-v0'] }, file, '');
  return ray;
}
