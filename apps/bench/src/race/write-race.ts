import path from 'node:path';

import { formatTable } from '../cli/table.ts';
import type { Ui } from '../cli/ui.ts';
import type { RaceConfig } from '../commands/race.ts';
import { thisMachine } from '../report/machine.ts';
import { svgFile } from '../report/svg.ts';
import { guardWrite, writeAtomically } from '../runs/run-folder.ts';
import { raceCsv, raceResults, reached, usualReturns } from './curves.ts';
import { raceFigure } from './race-figure.ts';
import { racePage, type RaceReport } from './race-page.ts';

/** A race, and the command that asks for it. */
export interface RaceRequest extends RaceConfig {
  readonly command: string;
}

interface Ran extends Pick<RaceReport, 'rules' | 'runs' | 'failed'> {
  readonly out: string;
  readonly request: RaceRequest;
}

/** Writes the report of a race, its curves and its figures, and says how it ended. */
export async function writeRace({ out, rules, runs, failed, request }: Ran, ui: Ui): Promise<void> {
  const results = raceResults(runs);
  const returns = request.returns ?? usualReturns(results);
  const page = { rules, results, runs, returns, failed, command: request.command, machine: thisMachine() };
  const files = {
    'report.html': racePage(page),
    'curves.csv': raceCsv(runs),
    'over-steps.svg': svgFile(raceFigure(results, 'step', rules.env)),
    'over-seconds.svg': svgFile(raceFigure(results, 'seconds', rules.env)),
  };
  for (const [name, text] of Object.entries(files))
    await guardWrite(path.join(out, name), () => writeAtomically(path.join(out, name), text));
  const rows = results.map((result) => {
    const last = result.points.at(-1);
    return {
      contestant: result.contestant,
      seeds: result.seeds.length,
      stepsPerSecond: result.stepsPerSecond ?? null,
      return: last?.return ?? null,
      seconds: last?.seconds ?? null,
      secondsTo: Object.fromEntries(
        returns.map((target) => [String(target), reached(result, target)?.seconds ?? null]),
      ),
    };
  });
  const text = formatTable(
    ['contestant', 'seeds', 'steps/s', 'return', 'seconds', ...returns.map((target) => `s to ${target}`)],
    rows.map((row) => [
      row.contestant,
      row.seeds,
      shown(row.stepsPerSecond),
      shown(row.return),
      shown(row.seconds),
      ...Object.values(row.secondsTo).map(shown),
    ]),
  );
  ui.result(
    {
      out,
      ...rules,
      contestants: rows,
      failed,
      files: Object.keys(files).map((name) => path.join(out, name)),
    },
    `${text}\n\nWritten: ${path.join(out, 'report.html')}`,
  );
}

const shown = (value: number | null): string =>
  value === null ? '-' : value.toFixed(Math.abs(value) < 100 ? 1 : 0);
