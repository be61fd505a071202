import { open } from 'node:fs/promises';
import path from 'node:path';

import { z } from 'zod';

import { hasCode } from '../cli/errors.ts';
import { parseJson } from '../files/json.ts';
import { readTextFile } from '../files/text-file.ts';
import { CONFIG, METRICS, SUMMARY } from '../runs/run-files.ts';
import type { Trial } from './trial.ts';

/** How far a trial has come, as its folder says. */
export interface TrialState {
  /** `finished`: it has trained all of its steps, and its policy is exported. */
  readonly phase: 'waiting' | 'begun' | 'finished';
  readonly step: number;
  /** Mean return of the last evaluation, of its deterministic actions. */
  readonly deterministicReturn?: number;
  /** Mean return of the last evaluation, of its sampled actions; none where they aren't played. */
  readonly sampledReturn?: number;
  /** Mean return of the last 100 training episodes: random actions first, then those that explore. */
  readonly trainingReturn?: number;
  /** Environment steps per second, of the last half minute or since the line of the log before. */
  readonly stepsPerSecond?: number;
  /** Wall-clock seconds of training so far, over all sittings. */
  readonly seconds?: number;
}

/** The file in a trial's folder with the output of all its attempts. */
export const TRIAL_LOG = 'trial.log';

const configSchema = z.looseObject({ steps: z.number() });
/** `verifyMaxError` is absent where the policy couldn't be exported. */
const summarySchema = z.looseObject({
  aborted: z.boolean(),
  trainSeconds: z.number(),
  verifyMaxError: z.number().optional(),
});
const eventSchema = z.looseObject({
  type: z.string(),
  step: z.number(),
  mean: z.number().optional(),
  stochastic: z.looseObject({ mean: z.number() }).optional(),
  meanReturn: z.number().optional(),
  time: z.looseObject({ seconds: z.number(), stepsPerSecond: z.number().optional() }).optional(),
});
type LoggedEvent = z.output<typeof eventSchema>;

/**
 * Reads how far a trial has come.
 *
 * @param steps that it is to train for; one that was finished with fewer is `begun`
 * @param options `hasPolicy`: whether its policy is to be exported; default true
 */
export async function readTrialState(
  { folder }: Pick<Trial, 'folder'>,
  steps: number,
  { hasPolicy = true }: { readonly hasPolicy?: boolean } = {},
): Promise<TrialState> {
  const config = await readJson(path.join(folder, CONFIG), configSchema);
  if (!config) return { phase: 'waiting', step: 0 };
  const summary = await readJson(path.join(folder, SUMMARY), summarySchema);
  const isExported = !hasPolicy || summary?.verifyMaxError !== undefined;
  const isFinished = summary?.aborted === false && isExported && config.steps >= steps;
  const progress = progressOf(await readLastEvents(path.join(folder, METRICS)));
  return {
    ...progress,
    phase: isFinished ? 'finished' : 'begun',
    ...(summary && { seconds: summary.trainSeconds }),
  };
}

function progressOf(events: readonly LoggedEvent[]): Omit<TrialState, 'phase'> {
  const step = events.reduce((most, event) => Math.max(most, event.step), 0);
  const evaluation = events.findLast(({ type }) => type === 'evaluation');
  const deterministicReturn = evaluation?.mean;
  const sampledReturn = evaluation?.stochastic?.mean;
  const timed = events.flatMap(({ type, step, time }) =>
    type === 'metrics' && time ? [{ step, ...time }] : [],
  );
  const trainingReturn = events.findLast(
    ({ type, meanReturn }) => type === 'metrics' && meanReturn !== undefined,
  )?.meanReturn;
  const last = timed.at(-1);
  const first = last && timed.find(({ seconds }) => seconds >= last.seconds - 30);
  // Where lines are further apart, the last one says how fast it went since the one before.
  const stepsPerSecond =
    last && first && last.seconds > first.seconds
      ? (last.step - first.step) / (last.seconds - first.seconds)
      : last?.stepsPerSecond;
  return {
    step,
    ...(deterministicReturn !== undefined && { deterministicReturn }),
    ...(sampledReturn !== undefined && { sampledReturn }),
    ...(trainingReturn !== undefined && { trainingReturn }),
    ...(last && { seconds: last.seconds }),
    ...(stepsPerSecond !== undefined && { stepsPerSecond }),
  };
}

/** Bytes at the end of a log that hold its last evaluation, at all usual intervals. */
const TAIL = 1 << 18;

/** The events at the end of a log; lines that are cut off, at either end, are passed over. */
async function readLastEvents(file: string): Promise<LoggedEvent[]> {
  const text = (await readTail(file, TAIL)) ?? '';
  return text.split('\n').flatMap((line) => {
    const event = eventSchema.safeParse(parseJson(line));
    return event.success ? [event.data] : [];
  });
}

/** The last bytes of a text file; undefined if it isn't there. */
export async function readTail(file: string, bytes: number): Promise<string | undefined> {
  const handle = await open(file).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  });
  if (!handle) return undefined;
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, bytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function readJson<S extends z.ZodType>(file: string, schema: S): Promise<z.output<S> | undefined> {
  try {
    return schema.safeParse(parseJson(await readTextFile(file))).data;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
