import path from 'node:path';

import { makeFolder } from '@meow-rl/files';

import { analyse } from './analyse.ts';
import { curvesFigure } from './curves-figure.ts';
import { findRuns } from './find-runs.ts';
import { groupRuns } from './group-runs.ts';
import type { LeftOut } from './group-runs.ts';
import { readRun } from './read-run.ts';
import { actionsOf, formatComparison } from './tables.ts';
import type { CompareConfig } from '../commands/compare.ts';
import { CliError } from '../cli/errors.ts';
import { fileName } from '../files/file-name.ts';
import type { Html } from '../report/html.ts';
import { guardWrite, writeAtomically } from '../runs/run-folder.ts';
import type { Ui } from '../cli/ui.ts';

/** Compares algorithms over the seeds of their runs; what was left out or is unfinished is said. */
export async function compare(sources: readonly string[], config: CompareConfig, ui: Ui): Promise<void> {
  const folders = await findRuns(sources);
  const read = await Promise.all(folders.map((folder) => readRun(folder, config)));
  const unreadable = read.flatMap((result) => ('run' in result ? [] : [result]));
  const { groups, leftOut: copies } = groupRuns(
    read.flatMap((result) => ('run' in result ? [result.run] : [])),
  );
  const leftOut = [...unreadable, ...copies];
  if (groups.length === 0)
    throw new CliError(
      `none of the runs can be compared: ${leftOut.map(describe).join('; ')}`,
      'Wait for their first evaluation, or give others.',
    );
  const notes = groups.flatMap(({ runs }) =>
    runs.flatMap(({ folder, notes }) => notes.map((note) => ({ folder, note }))),
  );
  const { last, confidence, resamples, seed } = config;
  const comparison = analyse(groups, { last, confidence, resamples, seed });
  const text = formatComparison(comparison, config);
  for (const { folder, note } of notes) ui.warn(`${folder}: ${note}`);
  for (const result of comparison.environments) {
    const steps = result.groups.flatMap((group) => group.steps);
    const [first, end] = [Math.min(...steps), Math.max(...steps)];
    if (first < end)
      ui.warn(
        `${result.environment}: the last evaluations are at steps ${first} to ${end}; --until ${first} compares all there`,
      );
  }
  for (const run of leftOut) ui.warn(`left out ${describe(run)}`);

  const files: string[] = [];
  if (config.out !== undefined) {
    const { out } = config;
    await guardWrite(out, () => makeFolder(out));
    const write = async (name: string, text: string): Promise<void> => {
      const file = path.join(out, name);
      await guardWrite(file, () => writeAtomically(file, text));
      files.push(file);
    };
    for (const result of comparison.environments)
      await write(`${fileName(result.environment)}.svg`, standalone(curvesFigure(result, config)));
    await write('compare.md', markdown(text, files));
  }
  ui.result(
    { actions: actionsOf(config), ...comparison, notes, leftOut, files },
    files.length > 0 ? `${text}\n\nWritten: ${files.join(', ')}` : text,
  );
}

const describe = ({ folder, reason }: LeftOut): string => `${folder}: ${reason}`;

/** A figure as a file: outside of a page, SVG has to name its namespace. */
const standalone = ({ markup }: Html): string =>
  `${markup.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ')}\n`;

/** The tables with the figures below them. */
const markdown = (text: string, figures: readonly string[]): string =>
  [
    '# Comparison',
    `\`\`\`\n${text}\n\`\`\``,
    ...figures.map((file) => `![Learning curves](${encodeURI(path.basename(file))})`),
  ].join('\n\n') + '\n';
