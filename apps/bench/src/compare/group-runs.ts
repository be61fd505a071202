import { ALGORITHMS } from '../algorithms/index.ts';
import { labelsOfGroups } from './group-labels.ts';
import type { LeftOut } from './left-out.ts';
import type { Run } from './read-run.ts';
import { settingsOf } from './run-settings.ts';
import { shortLabels } from './short-labels.ts';

/** Runs that differ in nothing but their seed, and in what changes no number of their training. */
export interface RunGroup {
  readonly environment: string;
  /** The algorithm's name where runs have its preset's settings, else with all that differs from these; see {@link labelsOfGroups}. */
  readonly name: string;
  /** The name as it is shown: with no more digits than tell the groups apart. */
  readonly label: string;
  readonly algorithm: string;
  /** Seeds ascending. */
  readonly runs: readonly Run[];
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
  const labels = new Map(labelsOfGroups(unnamed.groups));
  for (const [run, label] of labelsOfCurves(runs, labels)) labels.set(run, label);
  const labelFor = (run: Run): string => labels.get(run) ?? run.algorithm;
  const all = bySeeds([...labels.keys()], (run) => [run.environment, labelFor(run)]);
  const short = shortLabels([...labels.values()]);
  const groups = all.groups.flatMap((ofGroup): RunGroup[] => {
    const [first] = ofGroup;
    if (!first) return [];
    const { environment, algorithm } = first;
    const name = labelFor(first);
    return [{ environment, algorithm, name, label: short.get(name) ?? name, runs: ofGroup }];
  });
  return {
    groups: groups.toSorted((a, b) => compareText(a.environment, b.environment) || compareLabels(a, b)),
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

/** The labels of groups of any environments, by algorithm as the command line lists them. */
export const labelsOf = (groups: readonly RunGroup[]): string[] => [
  ...new Set(groups.toSorted(compareLabels).map(({ label }) => label)),
];

/**
 * Groups of some of the same runs by other returns of theirs, with the labels that these runs have: labels say what differs among the runs that are read.
 *
 * @param named groups that the labels are taken from; runs that aren't in them are left out
 */
export function namedAlike(groups: readonly RunGroup[], named: readonly RunGroup[]): RunGroup[] {
  const labels = new Map(named.flatMap(({ runs, label }) => runs.map((run) => [identityOf(run), label])));
  return groups.flatMap(({ runs, ...group }) => {
    const known = runs.filter((run) => labels.has(identityOf(run)));
    const [first] = known;
    return first ? [{ ...group, label: labels.get(identityOf(first)) ?? group.label, runs: known }] : [];
  });
}

/** A file of curves holds many runs, a folder one. */
export const identityOf = ({ folder, environment, label, seed }: Run): string =>
  JSON.stringify([folder, environment, label, seed]);

const compareLabels = (a: RunGroup, b: RunGroup): number =>
  compareAlgorithms(a.algorithm, b.algorithm) || compareText(a.label, b.label);

/** Algorithms as the command line lists them, those that it doesn't know last. */
function compareAlgorithms(a: string, b: string): number {
  const [first, second] = [a, b].map((name) => {
    const place = ALGORITHMS.findIndex((known) => known.name === name);
    return place < 0 ? ALGORITHMS.length : place;
  });
  return (first ?? 0) - (second ?? 0);
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
