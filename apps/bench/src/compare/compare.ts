import path from 'node:path';

import { makeFolder } from '@meow-rl/files';

import { UsageError } from '../cli/errors.ts';
import type { Ui } from '../cli/ui.ts';
import { fileName } from '../files/file-name.ts';
import {
  makeComparisonReport,
  writeComparisonReport,
  type WrittenReport,
} from '../report/make-comparison-report.ts';
import { svgFile } from '../report/svg.ts';
import { guardWrite, writeAtomically } from '../runs/run-folder.ts';
import { beforeTheEnd } from './before-the-end.ts';
import { compareRuns, type ComparedRuns } from './compare-runs.ts';
import { curvesFigure } from './curves-figure.ts';
import { findRuns, isCurves } from './find-runs.ts';
import { describeLeftOut } from './left-out.ts';
import { checkComparable } from './read-groups.ts';
import type { CompareRequest } from './request.ts';
import { actionsOf, formatComparison } from './tables.ts';
import { unevenSteps } from './uneven-steps.ts';

/** Compares algorithms over the seeds of their runs; what was left out or is unfinished is said. */
export async function compare(sources: readonly string[], request: CompareRequest, ui: Ui): Promise<void> {
  const { out, observationNoise, actionNoise } = request;
  if (out === undefined && (observationNoise ?? actionNoise) !== undefined)
    throw new UsageError(
      'returns with noise, of --observation-noise and --action-noise, stand in the report alone',
      'Give a folder for it with --out.',
    );
  const folders = await findRuns(sources);
  if ((observationNoise ?? actionNoise) !== undefined && folders.every(isCurves))
    throw new UsageError(
      'files of curves hold no policies that could be played with noise',
      'Give the folders of the runs, or leave --observation-noise and --action-noise out.',
    );
  const runs = await compareRuns(folders, request);
  checkComparable(runs);
  const { comparison, notes, leftOut } = runs;
  const text = formatComparison(comparison, request);
  for (const { folder, note } of notes) ui.warn(`${folder}: ${note}`);
  const remarks = [...unevenSteps(comparison), ...beforeTheEnd(runs.groups)];
  for (const remark of remarks) ui.warn(remark);
  for (const run of leftOut) ui.warn(`left out ${describeLeftOut(run)}`);

  const { files, notPlayed } =
    out === undefined
      ? { files: [], notPlayed: [] }
      : await writeFiles(out, { folders, runs, text, remarks, request }, ui);
  ui.result(
    { actions: actionsOf(request), ...comparison, notes, leftOut, notPlayed, files },
    files.length > 0 ? `${text}\n\nWritten: ${files.join(', ')}` : text,
  );
}

interface Compared {
  readonly folders: readonly string[];
  readonly runs: ComparedRuns;
  readonly text: string;
  readonly remarks: readonly string[];
  readonly request: CompareRequest;
}

async function writeFiles(
  out: string,
  { folders, runs, text, remarks, request }: Compared,
  ui: Ui,
): Promise<WrittenReport> {
  const { comparison } = runs;
  await guardWrite(out, () => makeFolder(out));
  const write = async (name: string, content: string): Promise<string> => {
    const file = path.join(out, name);
    await guardWrite(file, () => writeAtomically(file, content));
    return file;
  };
  const figures: string[] = [];
  for (const result of comparison.environments)
    figures.push(
      await write(
        `${fileName(result.environment)}.svg`,
        svgFile(curvesFigure(result, { ...request, statistic: 'iqm' })),
      ),
    );
  const tables = await write('compare.md', markdown(text, remarks, figures));
  const asked = {
    ...request,
    title: `Comparison on ${comparison.environments.map(({ environment }) => environment).join(', ')}`,
    lead: 'Runs of the same environment, algorithm and settings that differ in their seed make a group.',
    compared: { stochastic: request.stochastic, runs },
  };
  const report = await makeComparisonReport(folders, asked);
  const { files, notPlayed } = await writeComparisonReport(report, asked, write, ui);
  return { files: [...figures, tables, ...files], notPlayed };
}

/** The tables with what is to be known of them and the figures below them. */
const markdown = (text: string, notes: readonly string[], figures: readonly string[]): string =>
  [
    '# Comparison',
    `\`\`\`\n${text}\n\`\`\``,
    ...notes,
    ...figures.map((file) => `![Learning curves](${encodeURI(path.basename(file))})`),
  ].join('\n\n') + '\n';
