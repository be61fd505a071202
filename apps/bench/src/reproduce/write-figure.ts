import type { Ui } from '../cli/ui.ts';
import {
  makeComparisonReport,
  writeComparisonReport,
  type WrittenReport,
} from '../report/make-comparison-report.ts';
import { multiGoalHtml } from '../report/multi-goal-page.ts';
import type { Experiment, Figure } from './experiments.ts';
import { leadOf } from './lead.ts';
import { makeMultiGoalReport } from './multi-goal.ts';
import type { Plan } from './plan.ts';
import type { ReproduceRequest } from './request.ts';

/** What a figure is made of. */
export interface FigureSources {
  readonly experiment: Experiment;
  readonly plan: Plan;
  /** Of the runs that are finished. */
  readonly folders: readonly string[];
  readonly request: ReproduceRequest;
  /** Writes a file beside the runs and gives its path. */
  readonly write: (file: string, content: string) => Promise<string>;
}

/** Evaluations that the average at the end of a run is of, as `compare` has it. */
const LAST = 10;

/** Writes the report of a figure and the raw curves. */
export async function writeFigure(
  figure: Figure,
  { experiment: { title, playsWithNoise }, plan, folders, request, write }: FigureSources,
  ui: Ui,
): Promise<WrittenReport> {
  const { command, observationNoise, actionNoise, confidence, resamples, smooth, noiseEpisodes } = request;
  const words = { title, lead: leadOf(figure, plan), command };
  if (figure === 'fig1') {
    const report = await makeMultiGoalReport(folders, { ...words, confidence }, ui);
    return { files: [await write('report.html', multiGoalHtml(report))], notPlayed: [] };
  }
  const asked = {
    confidence,
    resamples,
    smooth,
    noiseEpisodes,
    ...words,
    last: LAST,
    seed: 0,
    ...(playsWithNoise && { observationNoise, actionNoise }),
  };
  const report = await makeComparisonReport(folders, asked);
  return writeComparisonReport(report, asked, write, ui);
}
