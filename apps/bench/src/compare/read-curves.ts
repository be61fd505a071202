import { csvParse } from 'd3-dsv';
import { z } from 'zod';

import { readTextFile } from '../files/text-file.ts';
import { CURVE_COLUMNS } from './curves-csv.ts';
import type { ReadRun, ReadRunOptions, RunEvaluation } from './read-run.ts';

const number = z.string().regex(/\S/, 'Invalid input: expected a number').pipe(z.coerce.number());
const numberOrNone = z.union([z.literal('').transform(() => undefined), number]);

const rowSchema = z.object({
  environment: z.string().min(1),
  algorithm: z.string().min(1),
  seed: number.pipe(z.int().nonnegative()),
  step: number.pipe(z.int().nonnegative()),
  deterministic: number,
  sampled: numberOrNone.optional(),
  // Reports of earlier versions have none.
  seconds: numberOrNone.optional(),
});

type Row = z.output<typeof rowSchema>;

/**
 * Reads the runs of a file that `compare` and `reproduce` wrote as `curves.csv`: each with its group's name and evaluations, without settings.
 *
 * @returns the runs, or why the file can't be compared
 */
export async function readCurves(file: string, options: ReadRunOptions): Promise<ReadRun[]> {
  let text: string;
  try {
    text = await readTextFile(file);
  } catch (error) {
    return [
      {
        folder: file,
        reason: `it cannot be read (${error instanceof Error ? error.message : String(error)})`,
      },
    ];
  }
  const rows = csvParse(text);
  const missing = CURVE_COLUMNS.filter(
    (column) => !rows.columns.includes(column) && !rowSchema.shape[column].safeParse(undefined).success,
  );
  if (missing.length > 0)
    return [
      {
        folder: file,
        reason: `it has no column ${missing.join(', ')}; curves.csv of compare has ${CURVE_COLUMNS.join(',')}`,
      },
    ];
  const runs = new Map<string, Row[]>();
  for (const [i, raw] of rows.entries()) {
    const { data: row, error } = rowSchema.safeParse(raw);
    if (error) return [{ folder: file, reason: `line ${i + 2}: ${describe(error)}` }];
    const key = JSON.stringify([row.environment, row.algorithm, row.seed]);
    const before = runs.get(key) ?? [];
    const last = before.at(-1)?.step ?? -1;
    if (row.step <= last)
      return [
        { folder: file, reason: `line ${i + 2}: step ${row.step} of a run comes after its step ${last}` },
      ];
    runs.set(key, [...before, row]);
  }
  if (runs.size === 0) return [{ folder: file, reason: 'it has no line below its header' }];
  return [...runs.values()].map((ofRun) => asRun(file, ofRun, options));
}

function asRun(
  file: string,
  rows: readonly Row[],
  { until = Infinity, stochastic = false }: ReadRunOptions,
): ReadRun {
  const [first, last] = [rows[0], rows.at(-1)];
  const all = rows.flatMap(({ step, deterministic, sampled, seconds }): RunEvaluation[] => {
    const mean = stochastic ? sampled : deterministic;
    return mean === undefined ? [] : [{ step, mean, ...(seconds !== undefined && { seconds }) }];
  });
  const evaluations = all.filter(({ step }) => step <= until);
  const counted = evaluations.at(-1);
  if (!first || !last || !counted) {
    const kind = stochastic ? 'evaluation with sampled actions' : 'evaluation';
    return {
      folder: file,
      reason: `no ${kind} up to step ${Math.min(until, last?.step ?? 0)} of seed ${first?.seed}`,
      ...(all.length > 0 && { lacks: 'earlier-evaluation' }),
    };
  }
  const { environment, algorithm: label, seed } = first;
  return {
    run: {
      folder: file,
      label,
      environment,
      algorithm: label.split(' ', 1)[0] ?? label,
      seed,
      config: {},
      evaluations,
      step: last.step,
      countedSteps: counted.step,
      ...(counted.seconds !== undefined && { seconds: counted.seconds }),
      notes: [],
    },
  };
}

const describe = ({ issues: [issue] }: z.ZodError): string =>
  `${issue?.path.join('.') ?? 'it'}: ${issue?.message ?? 'it does not fit'}`;
