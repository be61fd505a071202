import { compareRuns, type ComparedRuns } from '../compare/compare-runs.ts';
import { checkComparable } from '../compare/read-groups.ts';
import type { CompareRequest } from '../compare/request.ts';
import type { Ui } from '../cli/ui.ts';
import type { ComparisonReport } from './comparison-data.ts';
import { thisMachine } from './machine.ts';

/** What a report is made of, beside the runs. */
export interface ReportRequest extends Omit<CompareRequest, 'out' | 'stochastic'> {
  readonly title: string;
  readonly lead: string;
  /** The comparison of one kind of returns, where there is one with these settings already. */
  readonly compared?: { readonly stochastic: boolean; readonly runs: ComparedRuns };
}

/**
 * Computes the report of runs: of their deterministic returns, and of sampled ones where they have them; and plays their final
 * policies with noise where sizes of it are given.
 *
 * @param folders of the runs
 * @throws CliError where none of them can be compared
 */
export async function makeComparisonReport(
  folders: readonly string[],
  request: ReportRequest,
  ui: Ui,
): Promise<ComparisonReport> {
  const { compared, title, lead, command, last, confidence, smooth, resamples } = request;
  const runsWith = async (stochastic: boolean): Promise<ComparedRuns> =>
    compared?.stochastic === stochastic ? compared.runs : compareRuns(folders, { ...request, stochastic });
  const deterministic = await runsWith(false);
  checkComparable(deterministic);
  const { groups, notes, leftOut } = deterministic;
  const sampled = await runsWith(true);
  const robustness = await robustnessOf(groups, request, ui);
  return {
    title,
    lead,
    command,
    deterministic: deterministic.comparison,
    ...(sampled.groups.length > 0 && { sampled: sampled.comparison }),
    groups,
    sampledGroups: sampled.groups,
    options: { last, confidence, smooth, resamples },
    ...(robustness && { robustness }),
    notes,
    leftOut,
    machine: thisMachine(),
  };
}

async function robustnessOf(groups: ComparisonReport['groups'], request: ReportRequest, ui: Ui) {
  const { observationNoise = [], actionNoise = [], noiseEpisodes: episodes, confidence, seed } = request;
  if (observationNoise.length + actionNoise.length === 0) return undefined;
  // It loads environments and an engine, which reading runs needs none of.
  const { measureRobustness } = await import('../robustness/measure.ts');
  return measureRobustness(groups, { observationNoise, actionNoise, episodes, confidence, seed }, ui);
}
