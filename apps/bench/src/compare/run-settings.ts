import { defaultsOf, formerValuesOf } from '@meow-rl/learner/settings';

import type { AgentConfig, Algorithm } from '../algorithms/algorithm.ts';
import { ALGORITHMS } from '../algorithms/index.ts';
import { DEFAULT_MAX_STEPS } from '../environments/step-limit.ts';
import { isRecord, mergeConfig, type RawConfig } from '../cli/config-file.ts';
import { parseTrainSettings } from '../runs/train-settings.ts';
import type { Run } from './read-run.ts';

/** Keys of `config.json` that do not make two runs different experiments. */
const INCIDENTAL: ReadonlySet<string> = new Set([
  'command',
  'versions',
  'changes',
  'env',
  'environment',
  'algo',
  'seed',
  'out',
  'python',
  'simulatorDevice',
  'threads',
  'workers',
  'parallel',
  // Sums are added up in another order, as on another engine.
  'learnerThreads',
  // Engines differ in rounding. Older runs said which with `fused`.
  'engine',
  'fused',
  'logEvery',
  'noTensorboard',
  'logger',
  'deterministicOnly',
  'evaluationEnv',
  'checkpointEvery',
  'keepCheckpoints',
]);

/** Settings that leave the training alone, and are said where the runs of a group differ in them. */
export const OF_CURVES = ['steps', 'evaluateEvery', 'evaluationEpisodes'] as const;

/** Settings by dotted name, values as text. */
export type FlatSettings = ReadonlyMap<string, string>;

export const algorithmOfRun = ({ algorithm }: Pick<Run, 'algorithm'>): Algorithm | undefined =>
  ALGORITHMS.find(({ name }) => name === algorithm);

const { agent: _preset, ...RUN_DEFAULTS } = {
  normalizeObservations: false,
  scaleRewards: false,
  ...parseTrainSettings({}, 'compare'),
};

/**
 * The settings of a run that make it the experiment that it is. What a run of an older version has no record of had its former value, or else that of
 * its preset or today's default; none where this version doesn't know it.
 */
export function settingsOf(run: Run): FlatSettings {
  const algorithm = algorithmOfRun(run);
  const preset = algorithm && presetSettings(algorithm, String(run.config['preset']));
  const agent = algorithm && { ...defaultsOf(algorithm.settings), ...formerValuesOf(algorithm.settings) };
  const base = mergeConfig(preset ?? RUN_DEFAULTS, { agent: preset ? formerAgent(algorithm) : { ...agent } });
  return flat(mergeConfig(base, run.config), run);
}

const formerAgent = (algorithm: Algorithm | undefined): RawConfig =>
  algorithm ? { ...formerValuesOf(algorithm.settings) } : {};

/** The settings of a run that is trained with a preset alone; undefined where this version hasn't that preset. */
function presetSettings(algorithm: Algorithm, name: string): RawConfig | undefined {
  const preset = Object.hasOwn(algorithm.presets, name) ? algorithm.presets[name] : undefined;
  if (!preset) return undefined;
  const { agent, ...loop } = preset;
  return { ...RUN_DEFAULTS, ...loop, preset: name, agent: { ...defaultsOf(algorithm.settings), ...agent } };
}

/** {@link settingsOf} a run that has its preset alone; undefined where this version hasn't that preset. */
export function presetSettingsOf(run: Run): FlatSettings | undefined {
  const algorithm = algorithmOfRun(run);
  const preset = algorithm && presetSettings(algorithm, String(run.config['preset']));
  // What is assumed where an environment has no limit is no choice of the run's.
  const assumed = run.config['maxSteps'] === DEFAULT_MAX_STEPS ? { maxSteps: DEFAULT_MAX_STEPS } : {};
  return preset && flat({ ...preset, ...assumed }, run);
}

function flat(config: RawConfig, run: Run): FlatSettings {
  const settings = new Map(entries(config));
  const agent = isRecord(config['agent']) ? config['agent'] : {};
  for (const name of OF_CURVES) if (name !== 'steps' || !goesBySteps(run, agent)) settings.delete(name);
  return settings;
}

/** Whether the learning goes by the number of steps, so that more of them make another experiment. */
const goesBySteps = (run: Run, agent: RawConfig): boolean =>
  isAgent(agent) && algorithmOfRun(run)?.goesBySteps?.(agent) === true;

/** Runs record all settings of their agent, and those that came later have been filled in. */
const isAgent = (agent: RawConfig): agent is RawConfig & AgentConfig => Object.hasOwn(agent, 'gamma');

const entries = (config: RawConfig, prefix = ''): [string, string][] =>
  Object.entries(config).flatMap(([key, value]): [string, string][] => {
    if (prefix === '' && INCIDENTAL.has(key)) return [];
    const name = prefix + key;
    if (isRecord(value)) return entries(value, `${name}.`);
    return [[name, Array.isArray(value) ? value.join(',') : String(value)]];
  });
