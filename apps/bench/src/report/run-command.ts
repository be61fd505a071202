import path from 'node:path';

import { defaultsOf } from '@meow-rl/learner/settings';

import { ALGORITHMS } from '../algorithms/index.ts';
import { agentSettings, recordedSettings } from '../algorithms/agent-settings.ts';
import { usualPreset } from '../algorithms/presets.ts';
import type { RawConfig } from '../cli/config-file.ts';
import { commandLine } from '../cli/command-line.ts';
import { settingsIn, valueAt } from '../cli/settings.ts';
import type { Run } from '../compare/read-run.ts';
import { parseTrainSettings, trainSettings } from '../runs/train-settings.ts';

/** The settings that a run has other than by its preset and by default, by the path of each. */
interface GivenSetting {
  readonly path: readonly string[];
  readonly value: unknown;
}

/**
 * The settings of a run that its environment's preset and the defaults don't give.
 *
 * @returns undefined for an algorithm or preset that this version doesn't know
 */
function givenSettings(run: Run): GivenSetting[] | undefined {
  const algorithm = ALGORITHMS.find(({ name }) => name === run.algorithm);
  if (!algorithm) return undefined;
  const { name } = algorithm;
  const config = recordedSettings(run.config);
  const usual = usualPreset(algorithm, run.environment);
  const presetName = typeof config['preset'] === 'string' ? config['preset'] : usual;
  const preset = Object.hasOwn(algorithm.presets, presetName) ? algorithm.presets[presetName] : undefined;
  if (!preset) return undefined;
  const { agent, ...loop } = preset;
  const defaults = parseTrainSettings({ algo: name }, 'report');
  const base: RawConfig = {
    normalizeObservations: false,
    scaleRewards: false,
    ...defaults,
    ...loop,
    checkpointEvery: config['evaluateEvery'],
    preset: usual,
    agent: { ...defaultsOf(algorithm.settings), ...agent },
  };
  return settingsIn({ ...trainSettings, agent: agentSettings(algorithm) })
    .filter(({ path: [first = ''] }) => !['algo', 'env', 'seed', 'out'].includes(first))
    .flatMap(({ path }) => {
      const value = valueAt(config, path);
      return value === undefined || String(value) === String(valueAt(base, path)) ? [] : [{ path, value }];
    });
}

/** The command that trains as a run was trained, another seed or more of them aside. */
export function trainCommand(run: Run): string {
  const given = givenSettings(run);
  if (!given) return commandLine(['train'], { config: path.join(run.folder, 'config.json') });
  const { algorithm: algo, seed } = run;
  const { env } = run.config;
  const flags = Object.fromEntries(given.map(({ path, value }) => [path.at(-1) ?? '', value]));
  return commandLine(['train'], { algo, env, seed, ...flags });
}
