import { readFile } from 'node:fs/promises';

import type { EpisodeEvent, EvaluationEvent, MetricsEvent, WarningEvent } from '@meow-rl/train';
import { z } from 'zod';

import { CliError } from '../cli/errors.ts';

/** An event as `metrics.jsonl` keeps it. */
export type LoggedEvent = MetricsEvent | EvaluationEvent | EpisodeEvent | WarningEvent;

const TYPES: ReadonlySet<string> = new Set(['metrics', 'evaluation', 'episode', 'warning']);

const eventSchema = z.custom<LoggedEvent>(
  (value) => typeof value === 'object' && value !== null && 'type' in value && TYPES.has(String(value.type)),
);

/**
 * The events of a run's `metrics.jsonl`.
 *
 * @param bytes reads so many from the beginning; default: all
 * @throws CliError naming the line that is none
 */
export async function readEvents(path: string, bytes?: number): Promise<LoggedEvent[]> {
  const text = (await readFile(path)).subarray(0, bytes).toString('utf8');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line, index) => {
    const event = parsed(line);
    if (event.success) return event.data;
    throw new CliError(
      `line ${index + 1} of ${path} is damaged`,
      'Restore the file, or train anew with --force.',
    );
  });
}

function parsed(line: string) {
  try {
    return eventSchema.safeParse(JSON.parse(line));
  } catch {
    return eventSchema.safeParse(undefined);
  }
}
