import { usualPreset } from '../algorithms/presets.ts';
import type { Run } from './read-run.ts';
import { algorithmOfRun, presetSettingsOf, settingsOf, type FlatSettings } from './run-settings.ts';

/** The runs of a group, which have the same settings. */
type Group = readonly Run[];

/**
 * What groups are called, in all environments alike: by the algorithm's name where runs have the settings of the environment's preset, else with all that
 * differs from these, as `meow (shifts=0)`; a preset that is called after it, as `hopper-no-shift`, by what its name adds. Presets are those of this
 * version: runs of one that has changed since aren't runs of the preset, and what they have other than it says is named too, whoever else has it. The
 * name stands in files of curves, where nothing else tells runs apart.
 *
 * @returns the label of each run
 */
export const labelsOfGroups = (groups: readonly Group[]): [Run, string][] =>
  groups.flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const added = differencesOf(first) ?? additionsOfUnknown(first, groups);
    const label = added.length === 0 ? first.algorithm : `${first.algorithm} (${added.join(', ')})`;
    return group.map((run): [Run, string] => [run, label]);
  });

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

/** Of a run of a preset that this version doesn't know: the preset that it recorded, and what differs among the runs of this. */
function additionsOfUnknown(run: Run, groups: readonly Group[]): string[] {
  const preset = presetOf(run);
  const rivals = groups.flatMap(([rival]) =>
    rival?.environment === run.environment && rival.algorithm === run.algorithm && presetOf(rival) === preset
      ? [settingsOf(rival)]
      : [],
  );
  return [...(preset === undefined ? [] : [preset]), ...said(settingsOf(run), differing(rivals))];
}

const presetOf = ({ config: { preset } }: Run): string | undefined =>
  typeof preset === 'string' ? preset : undefined;

/** Names of the settings that aren't the same in all. */
const differing = (all: readonly FlatSettings[]): string[] =>
  [...new Set(all.flatMap((settings) => [...settings.keys()]))].filter(
    (name) => new Set(all.map((settings) => settings.get(name))).size > 1,
  );

/** `alpha=1` for `agent.alpha`. */
const said = (settings: FlatSettings, names: readonly string[]): string[] =>
  names.map((name) => `${name.slice(name.lastIndexOf('.') + 1)}=${settings.get(name) ?? 'none'}`);
