import path from 'node:path';

import { z } from 'zod';

import { hasCode } from '../cli/errors.ts';
import { repeatedKey } from '../cli/repeated-key.ts';
import type { TextLine } from '../files/lines.ts';
import { readTextFile, readTextLines } from '../files/text-file.ts';
import type { LeftOut } from './left-out.ts';

/** An evaluation as `metrics.jsonl` keeps it. */
export interface RunEvaluation {
  readonly step: number;
  /** Mean return of its episodes. */
  readonly mean: number;
  /** Wall-clock seconds since training began, where the log says so. */
  readonly seconds?: number;
}

/** What a comparison needs of a run. */
export interface Run {
  /** The run's folder, or the file of curves that it was read from. */
  readonly folder: string;
  /** What a file of curves calls its group. Absent for a run's folder, whose settings say what it goes with. */
  readonly label?: string;
  readonly environment: string;
  readonly algorithm: string;
  readonly seed: number;
  /** All of `config.json`; empty for a run from a file of curves. */
  readonly config: Readonly<Record<string, unknown>>;
  /** At least one, steps ascending. */
  readonly evaluations: readonly RunEvaluation[];
  /** Environment steps so far. */
  readonly step: number;
  /** Environment steps so far, or up to the last evaluation that counts. */
  readonly countedSteps: number;
  /** Wall-clock seconds of training those, where they were recorded. */
  readonly seconds?: number;
  /** What the reader should know of it, such as that it is in progress. */
  readonly notes: readonly string[];
}

/** What of a run counts. */
export interface ReadRunOptions {
  readonly until?: number | undefined;
  readonly stochastic?: boolean;
}

/** A run, or why it cannot be compared. */
export type ReadRun = { readonly run: Run } | LeftOut;

const configSchema = z.looseObject({
  env: z.string(),
  /** What the environment calls itself, where that isn't `env`. */
  environment: z.string().optional(),
  algo: z.string(),
  seed: z.int(),
  steps: z.int().positive(),
});

const eventSchema = z.looseObject({
  type: z.string(),
  step: z.int().nonnegative(),
  time: z.looseObject({ seconds: z.number() }).optional(),
});

const evaluationSchema = z.looseObject({
  type: z.literal('evaluation'),
  step: z.int(),
  mean: z.number(),
  stochastic: z.looseObject({ mean: z.number() }).optional(),
});

const summarySchema = z.looseObject({ aborted: z.boolean().default(false), trainSeconds: z.number() });

/** Why a run has to be left out. */
class Unreadable extends Error {}

/**
 * Reads a run's folder. A run in progress counts with what it has; a line that was cut off at the end of
 * `metrics.jsonl`, as by a kill, is passed over with a note.
 *
 * @param options.until evaluations after this step don't count; default: all do
 * @param options.stochastic take the returns with sampled actions; default false
 */
export async function readRun(folder: string, options: ReadRunOptions = {}): Promise<ReadRun> {
  const { until = Number.POSITIVE_INFINITY, stochastic = false } = options;
  try {
    const config = checked(configSchema, await readJson(folder, 'config.json'), 'config.json');
    const log = await readLog(folder, stochastic);
    const summary = await readSummary(folder);
    const notes = [...log.notes, ...(summary.note ? [summary.note] : [])];
    if (!summary.finished) notes.push(`not finished: at step ${log.step} of ${config.steps}`);
    const evaluations = log.evaluations.filter(({ step }) => step <= until);
    const last = evaluations.at(-1);
    if (!last)
      return log.evaluations.length > 0
        ? {
            folder,
            reason: `no evaluation up to step ${until}`,
            lacks: 'earlier-evaluation',
          }
        : {
            folder,
            reason: `no evaluation yet, at step ${log.step} of ${config.steps}`,
            lacks: 'first-evaluation',
          };
    const cut = evaluations.length < log.evaluations.length;
    const { algo: algorithm, seed, environment = config.env } = config;
    const seconds = cut ? last.seconds : (summary.seconds ?? log.seconds);
    return {
      run: {
        folder,
        environment,
        algorithm,
        seed,
        config,
        evaluations,
        step: log.step,
        countedSteps: cut ? last.step : log.step,
        ...(seconds !== undefined && { seconds }),
        notes,
      },
    };
  } catch (error) {
    if (error instanceof Unreadable) return { folder, reason: error.message };
    throw error;
  }
}

async function readText(folder: string, name: string): Promise<string | undefined> {
  try {
    return await readTextFile(path.join(folder, name));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw unread(name, error);
  }
}

async function* readLines(folder: string, name: string): AsyncGenerator<TextLine> {
  try {
    yield* readTextLines(path.join(folder, name));
  } catch (error) {
    throw hasCode(error, 'ENOENT') ? new Unreadable(`there is no ${name}`) : unread(name, error);
  }
}

const unread = (name: string, error: unknown) =>
  new Unreadable(`${name} cannot be read (${error instanceof Error ? error.message : String(error)})`);

async function readJson(folder: string, name: string): Promise<unknown> {
  const text = await readText(folder, name);
  if (text === undefined) throw new Unreadable(`there is no ${name}`);
  const value = parsed(text, name);
  const repeated = repeatedKey(text);
  if (repeated)
    throw new Unreadable(
      `line ${repeated.line} of ${name} says ${repeated.path} again, after line ${repeated.firstLine}`,
    );
  return value;
}

function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Unreadable(`${where} is damaged: it is no JSON`);
  }
}

function checked<S extends z.ZodType>(schema: S, value: unknown, where: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Unreadable(`${where}: ${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'it does not fit'}`);
}

interface Log {
  readonly evaluations: readonly RunEvaluation[];
  readonly step: number;
  readonly seconds?: number | undefined;
  readonly notes: readonly string[];
}

async function readLog(folder: string, stochastic: boolean): Promise<Log> {
  const name = 'metrics.jsonl';
  const evaluations: RunEvaluation[] = [];
  const notes: string[] = [];
  let [step, number] = [0, 0];
  let seconds: number | undefined;
  for await (const { text, isWhole } of readLines(folder, name)) {
    if (!isWhole) {
      notes.push(`the last line of ${name} is cut off and was passed over`);
      break;
    }
    number += 1;
    const where = `line ${number} of ${name}`;
    const value = parsed(text, where);
    const event = checked(eventSchema, value, where);
    step = Math.max(step, event.step);
    if (event.time) seconds = Math.max(seconds ?? 0, event.time.seconds);
    if (event.type !== 'evaluation') continue;
    const evaluation = checked(evaluationSchema, value, where);
    const { step: at } = evaluation;
    const mean = stochastic ? evaluation.stochastic?.mean : evaluation.mean;
    if (mean === undefined) throw new Unreadable(`${where} has no returns with sampled actions`);
    const before = evaluations.at(-1)?.step ?? -1;
    if (at <= before)
      throw new Unreadable(`${where} evaluates at step ${at} after step ${before}: two runs wrote to it`);
    evaluations.push({ step: at, mean, ...(event.time ? { seconds: event.time.seconds } : {}) });
  }
  return { evaluations, step, seconds, notes };
}

async function readSummary(
  folder: string,
): Promise<{ readonly finished: boolean; readonly seconds?: number; readonly note?: string }> {
  const name = 'summary.json';
  const text = await readText(folder, name);
  if (text === undefined) return { finished: false };
  try {
    const { aborted, trainSeconds } = checked(summarySchema, parsed(text, name), name);
    return { finished: !aborted, seconds: trainSeconds };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { finished: true, note: `${error.message}; the wall time is taken from metrics.jsonl` };
  }
}
