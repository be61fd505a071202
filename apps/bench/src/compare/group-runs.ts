import { defaultsOf, formerValuesOf } from '@meow-rl/learner/settings';

import { ALGORITHMS } from '../algorithms/index.ts';
import { mergeConfig } from '../cli/config-file.ts';
import { taskOf } from '../environments/task-of.ts';
import { parseTrainSettings } from '../runs/train-settings.ts';
import type { Run } from './read-run.ts';

/** Runs that differ in nothing but their seed. */
export interface RunGroup {
  readonly environment: string;
  /** The algorithm, with the settings that tell it from others of that name in the same environment. */
  readonly label: string;
  readonly algorithm: string;
  /** Seeds ascending. */
  readonly runs: readonly Run[];
}

/** A run that does not count, and why. */
export interface LeftOut {
  readonly folder: string;
  readonly reason: string;
}

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

/** Settings by dotted name, values as text. What a run of an older version doesn't know had its former value, or else today's default. */
const settingsOf = ({ config, algorithm }: Run): Map<string, string> =>
  flatSettings(mergeConfig({ ...RUN_DEFAULTS, agent: agentDefaults(algorithm) }, config));

const { agent: _preset, ...RUN_DEFAULTS } = parseTrainSettings({}, 'compare');

/** What an algorithm's agent has where nothing else is recorded; none where this version doesn't know it. */
function agentDefaults(name: string) {
  const algorithm = ALGORITHMS.find((known) => known.name === name);
  return algorithm ? { ...defaultsOf(algorithm.settings), ...formerValuesOf(algorithm.settings) } : {};
}

function flatSettings(config: Readonly<Record<string, unknown>>, prefix = ''): Map<string, string> {
  const flat = new Map<string, string>();
  for (const [key, value] of Object.entries(config)) {
    if (prefix === '' && INCIDENTAL.has(key)) continue;
    const name = prefix + key;
    if (isRecord(value)) for (const entry of flatSettings(value, `${name}.`)) flat.set(...entry);
    else flat.set(name, Array.isArray(value) ? value.join(',') : String(value));
  }
  return flat;
}

/**
 * Groups runs by environment, algorithm and settings; those from files of curves by the name of their group, with others of this name that have other
 * seeds. Of two runs with the same seed and settings one is a copy of the other, which would make intervals narrower than they are: the longer one counts.
 */
export function groupRuns(runs: readonly Run[]): {
  readonly groups: RunGroup[];
  readonly leftOut: LeftOut[];
} {
  const unnamed = bySeeds(
    runs.filter(({ label }) => label === undefined),
    (run) => [run.environment, run.algorithm, [...settingsOf(run)].toSorted()],
  );
  const named = unnamed.groups.flatMap((ofGroup) => {
    const [first] = ofGroup;
    if (!first) return [];
    const rivals = unnamed.groups.flatMap(([rival]) =>
      rival && rival.environment === first.environment && rival.algorithm === first.algorithm ? [rival] : [],
    );
    const label = labelOf(first, rivals);
    return ofGroup.map((run) => ({ run, label }));
  });
  const labels = new Map(named.map(({ run, label }) => [run, label]));
  for (const [run, label] of labelsOfCurves(runs, labels)) labels.set(run, label);
  const labelFor = (run: Run): string => labels.get(run) ?? run.algorithm;
  const all = bySeeds([...labels.keys()], (run) => [run.environment, labelFor(run)]);
  const groups = all.groups.flatMap((ofGroup): RunGroup[] => {
    const [first] = ofGroup;
    if (!first) return [];
    const { environment, algorithm } = first;
    return [{ environment, algorithm, label: labelFor(first), runs: ofGroup }];
  });
  return {
    groups: groups.toSorted(
      (a, b) =>
        compareText(a.environment, b.environment) ||
        compareAlgorithms(a.algorithm, b.algorithm) ||
        compareText(a.label, b.label),
    ),
    leftOut: [...unnamed.leftOut, ...all.leftOut],
  };
}

/**
 * What the groups of files of curves are called: as the file says, and where other runs of this name have seeds in common with them, which may
 * be of other settings, with the file's name.
 *
 * @param labels of runs that have settings
 */
function labelsOfCurves(runs: readonly Run[], labels: ReadonlyMap<Run, string>): Map<Run, string> {
  const taken = new Map([...labels].map(([run, label]) => [placeOf(run, label), run.folder]));
  const apart = new Set<string>();
  const ofCurves = runs.flatMap((run) =>
    run.label === undefined
      ? []
      : [{ run, label: run.label, group: JSON.stringify([run.folder, run.environment, run.label]) }],
  );
  for (const { run, label, group } of ofCurves) {
    const place = placeOf(run, label);
    const holder = taken.get(place) ?? run.folder;
    taken.set(place, holder);
    if (holder !== run.folder) apart.add(group);
  }
  return new Map(
    ofCurves.map(({ run, label, group }) => [run, apart.has(group) ? `${label} (${run.folder})` : label]),
  );
}

/** A seed of a group. */
const placeOf = ({ environment, seed }: Run, label: string): string =>
  JSON.stringify([environment, label, seed]);

/** Runs of one key together, seeds ascending and each once: of several the longest, and of these the first. */
function bySeeds(
  runs: readonly Run[],
  keyOf: (run: Run) => unknown,
): { readonly groups: readonly (readonly Run[])[]; readonly leftOut: LeftOut[] } {
  const leftOut: LeftOut[] = [];
  const byKey = new Map<string, Map<number, Run>>();
  for (const run of runs) {
    const key = JSON.stringify(keyOf(run));
    const seeds = byKey.get(key) ?? new Map<number, Run>();
    byKey.set(key, seeds);
    const other = seeds.get(run.seed);
    const [kept, copy] = other && other.step >= run.step ? [other, run] : [run, other];
    seeds.set(run.seed, kept);
    if (copy)
      leftOut.push({ folder: copy.folder, reason: `same settings and seed ${copy.seed} as ${kept.folder}` });
  }
  return {
    groups: [...byKey.values()].map((seeds) => [...seeds.values()].toSorted((a, b) => a.seed - b.seed)),
    leftOut,
  };
}

/**
 * The algorithm's name; where several settings share it, the preset if that tells them apart, else what differs. The preset that the
 * environment is trained with has no name, and of those that are called after it, as `hopper-no-shift`, what they add.
 */
function labelOf(run: Run, rivals: readonly Run[]): string {
  if (rivals.length <= 1) return run.algorithm;
  const settings = settingsOf(run);
  const ofRivals = rivals.map(settingsOf);
  const presets = new Set(ofRivals.map((flat) => flat.get('preset')));
  const preset = settings.get('preset');
  if (presets.size === rivals.length && preset !== undefined) {
    const usual = ALGORITHMS.find(({ name }) => name === run.algorithm)?.presetOfEnvironment[taskOf(run)];
    if (preset === usual) return run.algorithm;
    const variant = usual !== undefined && preset.startsWith(`${usual}-`);
    return `${run.algorithm} (${variant ? preset.slice(usual.length + 1) : preset})`;
  }
  const names = [...new Set(ofRivals.flatMap((flat) => [...flat.keys()]))];
  const differing = names.filter((name) => new Set(ofRivals.map((flat) => flat.get(name))).size > 1);
  const shown = differing.map(
    (name) => `${name.slice(name.lastIndexOf('.') + 1)}=${settings.get(name) ?? 'none'}`,
  );
  return `${run.algorithm} (${shown.join(', ')})`;
}

/** Algorithms as the command line lists them, those that it doesn't know last. */
function compareAlgorithms(a: string, b: string): number {
  const [first, second] = [a, b].map((name) => {
    const place = ALGORITHMS.findIndex((known) => known.name === name);
    return place < 0 ? ALGORITHMS.length : place;
  });
  return (first ?? 0) - (second ?? 0);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
