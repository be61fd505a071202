import { createReadStream } from 'node:fs';

import type { EpisodeEvent, EvaluationEvent, MetricsEvent, RestartEvent, WarningEvent } from '@meow-rl/train';
import { z } from 'zod';

import { CliError } from '../cli/errors.ts';
import { linesOf } from '../files/lines.ts';

/** An event as `metrics.jsonl` keeps it. */
export type LoggedEvent = MetricsEvent | EvaluationEvent | EpisodeEvent | RestartEvent | WarningEvent;

const TYPES: ReadonlySet<string> = new Set(['metrics', 'evaluation', 'episode', 'restart', 'warning']);

const eventSchema = z.custom<LoggedEvent>(
  (value) => typeof value === 'object' && value !== null && 'type' in value && TYPES.has(String(value.type)),
);

/**
 * Reads the events of a run's `metrics.jsonl` one after the other: all of a long run's would fill the memory.
 *
 * @param bytes reads so many from the beginning; default: all
 * @throws CliError naming the line that is none
 */
export async function* readEvents(
  path: string,
  bytes = Number.POSITIVE_INFINITY,
): AsyncGenerator<LoggedEvent> {
  if (bytes === 0) return;
  let number = 0;
  for await (const { text } of linesOf(createReadStream(path, { encoding: 'utf8', end: bytes - 1 }))) {
    number += 1;
    if (text === '') continue;
    const event = parsed(text);
    if (!event.success)
      throw new CliError(
        `line ${number} of ${path} is damaged`,
        'Restore the file, or train anew with --force.',
      );
    yield event.data;
  }
}

/** All events of a short `metrics.jsonl`, as {@link readEvents} gives them. */
export async function allEvents(path: string): Promise<LoggedEvent[]> {
  const events: LoggedEvent[] = [];
  for await (const event of readEvents(path)) events.push(event);
  return events;
}

function parsed(line: string) {
  try {
    return eventSchema.safeParse(JSON.parse(line));
  } catch {
    return eventSchema.safeParse(undefined);
  }
}
