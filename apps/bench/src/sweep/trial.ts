import path from 'node:path';

import { flagOf } from '../cli/flags.ts';
import { settingsIn, valueAt } from '../cli/settings.ts';
import { mergeConfig, type RawConfig } from '../cli/config-file.ts';
import { agentSettingsFor } from '../algorithms/agent-settings.ts';
import { fileName } from '../files/file-name.ts';
import { trainSettings } from '../runs/train-settings.ts';
import type { Group, SweepDefinition } from './definition.ts';
import { variantFolder, variantsOf } from './variants.ts';

/** One training run of a sweep. */
export interface Trial {
  /** Its folder below that of the sweep, `<group>/<environment>/<algorithm>/<variant>/seed-<seed>`. */
  readonly name: string;
  readonly folder: string;
  readonly algorithm: string;
  readonly environment: string;
  /** Settings of `train`, those that were given; its folder is not among them. */
  readonly settings: RawConfig;
  /** Cores that it takes. */
  readonly cores: number;
}

/** A trial that `train` takes. */
export interface PlannedTrial extends Trial {
  /** Environment steps that it trains for. */
  readonly steps: number;
}

/** The trials of a sweep; within a group all of one seed before those of the next. Nothing is checked. */
export const expandSweep = ({ out, groups }: SweepDefinition): Trial[] =>
  groups.flatMap((group) =>
    seedsOf(group).flatMap((seed) =>
      group.environments.flatMap((env) =>
        variantsOf(group).flatMap((variant) =>
          group.algorithms.map((algo): Trial => {
            const folders = [environmentFolder(env), algo, variantFolder(variant.name), `seed-${seed}`];
            const name = [...(group.name === undefined ? [] : [fileName(group.name)]), ...folders]
              .filter((part) => part !== '')
              .join('/');
            const given = [FIXED, group.settings, variant.settings].reduce(mergeConfig);
            const settings = { algo, env, seed, ...given };
            return {
              name,
              folder: path.join(out, ...name.split('/')),
              algorithm: algo,
              environment: env,
              settings,
              cores: group.cores ?? coresOf(settings),
            };
          }),
        ),
      ),
    ),
  );

/** Of a file with an environment its name is enough. */
const environmentFolder = (env: string): string =>
  fileName(/^([./\\]|[A-Za-z]:)/.test(env) ? env.replace(/^.*[/\\]/, '') : env);

/** Said in each trial, so that all of them compute alike wherever they run. */
const FIXED: RawConfig = { parallel: 'off', threads: 1, workers: 0, learnerThreads: 0 };

const seedsOf = ({ seeds }: Group): readonly number[] =>
  typeof seeds === 'number' ? Array.from({ length: seeds }, (_, seed) => seed) : seeds;

/** The most threads that compute at one time. */
function coresOf({ threads, workers, learnerThreads, pipeline }: RawConfig): number {
  const learning = Number(learnerThreads) + (pipeline === true ? 1 : 0);
  return Math.max(1, ...[threads, workers, learning].map(Number).filter(Number.isSafeInteger));
}

/** Arguments of `meow-bench` that begin a trial, or go on with it from its newest checkpoint. */
export const trialArguments = ({ folder, settings }: Trial, resume: boolean): string[] => [
  'train',
  ...(resume ? ['--resume', folder] : ['--out', folder]),
  ...settingsIn({ ...trainSettings, agent: agentSettingsFor(settings, 'sweep') }).flatMap((placed) => {
    const value = valueAt(settings, placed.path);
    if (value === undefined) return [];
    if (placed.setting.kind !== 'switch')
      return [flagOf(placed), Array.isArray(value) ? value.join(',') : String(value)];
    // One that is off unless given takes no value.
    if (placed.setting.absent === undefined) return value === true ? [flagOf(placed)] : [];
    return [flagOf(placed), String(value)];
  }),
];
