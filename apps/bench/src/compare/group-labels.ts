import { usualPreset } from '../algorithms/presets.ts';
import type { Run } from './read-run.ts';
import { algorithmOfRun, presetSettingsOf, settingsOf, type FlatSettings } from './run-settings.ts';

/** The runs of a group, which have the same settings. */
type Group = readonly Run[];

/**
 * What groups are called, in all environments alike: by the algorithm's name where runs have the settings of the environment's preset, else with what
 * differs from these, as `meow (shifts=0)`; a preset that is called after it, as `hopper-no-shift`, by what its name adds. What all groups of an algorithm
 * differ in isn't said.
 *
 * @returns the label of each run
 */
export function labelsOfGroups(groups: readonly Group[]): [Run, string][] {
  const algorithms = new Set(groups.flatMap(([first]) => first?.algorithm ?? []));
  return [...algorithms].flatMap((algorithm) => {
    const ofAlgorithm = groups.filter(([first]) => first?.algorithm === algorithm);
    const additions = additionsOf(ofAlgorithm);
    return ofAlgorithm.flatMap((group, i) => {
      const added = additions[i] ?? [];
      const label = added.length === 0 ? algorithm : `${algorithm} (${added.join(', ')})`;
      return group.map((run): [Run, string] => [run, label]);
    });
  });
}

/** What each group's label adds to the algorithm's name. */
function additionsOf(groups: readonly Group[]): readonly (readonly string[])[] {
  const differences = groups.map(([first]) => first && differencesOf(first));
  if (!differences.every((of) => of !== undefined))
    return groups.map((group) => rivalAdditions(group, groups));
  // Runs of presets that have changed since, one group in each environment: there is nothing to tell apart.
  const environments = new Set(groups.map(([first]) => first?.environment));
  if (environments.size === groups.length && differences.every((of) => of.length > 0))
    return groups.map(() => []);
  return differences.map((of) => of.filter((part) => !differences.every((other) => other.includes(part))));
}

/** What a run has other than its environment's preset says; undefined where this version doesn't know that. */
function differencesOf(run: Run): string[] | undefined {
  const algorithm = algorithmOfRun(run);
  const base = presetSettingsOf(run);
  if (!algorithm || !base) return undefined;
  const settings = settingsOf(run);
  const usual = usualPreset(algorithm, run.environment);
  const preset = settings.get('preset') ?? usual;
  const variant = preset.startsWith(`${usual}-`) ? preset.slice(usual.length + 1) : preset;
  return [...(preset === usual ? [] : [variant]), ...said(settings, differing([settings, base]))];
}

/** Of groups whose presets aren't known: in one environment, the preset if that tells them apart, else what differs. */
function rivalAdditions([run]: Group, groups: readonly Group[]): readonly string[] {
  if (!run) return [];
  const rivals = groups.flatMap(([rival]) =>
    rival?.environment === run.environment ? [settingsOf(rival)] : [],
  );
  if (rivals.length <= 1) return [];
  const settings = settingsOf(run);
  const presets = new Set(rivals.map((rival) => rival.get('preset')));
  const preset = settings.get('preset');
  return presets.size === rivals.length && preset !== undefined
    ? [preset]
    : said(settings, differing(rivals));
}

/** Names of the settings that aren't the same in all. */
const differing = (all: readonly FlatSettings[]): string[] =>
  [...new Set(all.flatMap((settings) => [...settings.keys()]))].filter(
    (name) => new Set(all.map((settings) => settings.get(name))).size > 1,
  );

/** `alpha=1` for `agent.alpha`. */
const said = (settings: FlatSettings, names: readonly string[]): string[] =>
  names.map((name) => `${name.slice(name.lastIndexOf('.') + 1)}=${settings.get(name) ?? 'none'}`);
