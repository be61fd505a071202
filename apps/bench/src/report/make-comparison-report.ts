import { analyse } from '../compare/analyse.ts';
import { compareRuns, type ComparedRuns } from '../compare/compare-runs.ts';
import { namedAlike } from '../compare/group-runs.ts';
import type { LeftOut } from '../compare/left-out.ts';
import { checkComparable, readGroups } from '../compare/read-groups.ts';
import type { CompareRequest } from '../compare/request.ts';
import type { Ui } from '../cli/ui.ts';
import { curvesCsv } from '../compare/curves-csv.ts';
import type { ComparisonReport } from './comparison-data.ts';
import { comparisonHtml } from './comparison-page.ts';
import { thisMachine } from './machine.ts';

/** What a report is made of, beside the runs. */
export interface ReportRequest extends Omit<CompareRequest, 'out' | 'stochastic'> {
  readonly title: string;
  readonly lead: string;
  /** The comparison of one kind of returns, where there is one with these settings already. */
  readonly compared?: { readonly stochastic: boolean; readonly runs: ComparedRuns };
}

/**
 * Computes the report of runs: of their deterministic returns, and of sampled ones where they have them.
 *
 * @param folders of the runs
 * @throws CliError where none of them can be compared
 */
export async function makeComparisonReport(
  folders: readonly string[],
  request: ReportRequest,
): Promise<ComparisonReport> {
  const { compared, title, lead, command, last, confidence, smooth, resamples } = request;
  const known = (stochastic: boolean): ComparedRuns | undefined =>
    compared?.stochastic === stochastic ? compared.runs : undefined;
  const deterministic = known(false) ?? (await compareRuns(folders, { ...request, stochastic: false }));
  checkComparable(deterministic);
  const { groups, notes, leftOut } = deterministic;
  const sampled = known(true) ?? (await readGroups(folders, { ...request, stochastic: true }));
  const sampledGroups = namedAlike(sampled.groups, groups);
  return {
    title,
    lead,
    command,
    deterministic: deterministic.comparison,
    ...(sampledGroups.length > 0 && { sampled: analyse(sampledGroups, request) }),
    groups,
    sampledGroups,
    options: { last, confidence, smooth, resamples },
    notes,
    leftOut,
    machine: thisMachine(),
  };
}

/** What was written of a report. */
export interface WrittenReport {
  /** Paths of the files. */
  readonly files: readonly string[];
  /** Runs whose policies were to be played with noise, and weren't. */
  readonly notPlayed: readonly LeftOut[];
}

/**
 * Writes the page of a report and its curves. Where sizes of noise are given, final policies are played with it then, and the page is written again: what
 * stops that loses nothing else.
 *
 * @param write writes a file and gives its path
 * @throws InterruptedError if a signal stopped the playing
 * @throws CliError if no policy could be played
 */
export async function writeComparisonReport(
  report: ComparisonReport,
  request: ReportRequest,
  write: (name: string, content: string) => Promise<string>,
  ui: Ui,
): Promise<WrittenReport> {
  const page = await write('report.html', comparisonHtml(report));
  const curves = await write('curves.csv', curvesCsv(report.groups, report.sampledGroups));
  const robustness = await robustnessOf(report.groups, request, ui);
  if (robustness) await write('report.html', comparisonHtml({ ...report, robustness }));
  return { files: [page, curves], notPlayed: robustness?.notPlayed ?? [] };
}

async function robustnessOf(groups: ComparisonReport['groups'], request: ReportRequest, ui: Ui) {
  const { observationNoise = [], actionNoise = [], noiseEpisodes: episodes, confidence, seed } = request;
  if (observationNoise.length + actionNoise.length === 0) return undefined;
  // It loads environments and an engine, which reading runs needs none of.
  const { measureRobustness } = await import('../robustness/measure.ts');
  return measureRobustness(groups, { observationNoise, actionNoise, episodes, confidence, seed }, ui);
}
