import { SingleBar } from 'cli-progress';
import type { OutputStream } from './output-stream.ts';

/** Shows how far something is. */
export interface Progress {
  /** @param lastReturn the return of the training episode that ended last, its actions sampled; once there is one */
  update(step: number, lastReturn?: number): void;
  /** Makes room for a line between, until the next update. */
  clear(): void;
  /** Clears the bar away, so that what is printed next begins on a line of its own. */
  stop(): void;
}

/** How {@link createProgress} shows what. */
export interface ProgressOptions {
  /** Steps in all. */
  readonly total: number;
  /** Steps that were done before; default 0. */
  readonly start?: number;
  /** What is being done: `training`. */
  readonly label: string;
  /** What is counted; default `steps`. */
  readonly unit?: string;
  readonly stream: OutputStream;
  /** Milliseconds, as `performance.now` gives them. */
  readonly now?: () => number;
  /** Seconds between the lines where the stream isn't a terminal; 5 by default. */
  readonly linesEvery?: number;
}

/** Shows nothing. */
export const silentProgress: Progress = { update: () => {}, clear: () => {}, stop: () => {} };

/** A bar on a terminal; elsewhere, such as in a log file, a line every few seconds. */
export function createProgress(options: ProgressOptions): Progress {
  return options.stream.isTTY ? barProgress(options) : lineProgress(options);
}

function barProgress(options: ProgressOptions): Progress {
  const { total, start = 0, label, unit = 'steps', stream, now = () => performance.now() } = options;
  const rate = rateMeter(now, start);
  const bar = new SingleBar({
    stream,
    format: `${label} {bar} {percentage}% | {value}/{total} | {facts}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    // A signal brings the cursor back, also if another one then ends the process.
    gracefulExit: true,
    clearOnComplete: true,
    // Updates come thousands of times a second and mustn't cost a redraw each.
    fps: 8,
  });
  let isCleared = false;
  bar.start(total, start, { facts: '' });
  return {
    update: (step, lastReturn) => {
      const shown = { facts: facts({ step, total, unit, rate: rate(step), lastReturn }) };
      if (isCleared) bar.start(total, step, shown);
      else bar.update(step, shown);
      isCleared = false;
    },
    // Begun anew below what is printed: at its end the bar goes back to the line that it began on and clears that.
    clear: () => {
      isCleared ||= bar.isActive;
      bar.stop();
    },
    stop: () => bar.stop(),
  };
}

function lineProgress(options: ProgressOptions): Progress {
  const { total, start = 0, label, unit = 'steps', stream, linesEvery = 5 } = options;
  const { now = () => performance.now() } = options;
  const rate = rateMeter(now, start);
  let printed = now();
  return {
    update(step, lastReturn) {
      const perSecond = rate(step);
      if (now() - printed < 1000 * linesEvery && step < total) return;
      printed = now();
      const percent = Math.floor((100 * step) / total);
      const known = facts({ step, total, unit, rate: perSecond, lastReturn });
      stream.write(`${label} ${step}/${total} (${percent}%)${known === '' ? '' : `, ${known}`}\n`);
    },
    clear: () => {},
    stop: () => {},
  };
}

/** Slower ones would be shown as 0.0. */
const SLOWEST_RATE = 0.05;

interface Facts {
  readonly step: number;
  readonly total: number;
  readonly unit: string;
  readonly rate: number;
  readonly lastReturn: number | undefined;
}

function facts({ step, total, unit, rate, lastReturn }: Facts): string {
  return [
    ...(rate >= SLOWEST_RATE ? [`${formatRate(rate)} ${unit}/s`] : []),
    ...(lastReturn === undefined ? [] : [`sampled return ${lastReturn.toFixed(1)}`]),
    ...(rate > 0 && step < total ? [`${formatDuration((total - step) / rate)} left`] : []),
  ].join(', ');
}

/** `1234`, `5.0`. */
export const formatRate = (perSecond: number): string => perSecond.toFixed(perSecond < 10 ? 1 : 0);

/** `1h05m`, `3m20s`, `12s`. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole >= 3600) return `${Math.floor(whole / 3600)}h${two(Math.floor((whole % 3600) / 60))}m`;
  return whole >= 60 ? `${Math.floor(whole / 60)}m${two(whole % 60)}s` : `${whole}s`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/**
 * Steps per second over the last ten seconds, or since the mark before where that is longer ago: the first steps, without updates,
 * are no measure of the rest.
 */
export function rateMeter(now: () => number, start = 0): (step: number) => number {
  const window = 10_000;
  let seen = [{ time: now(), step: start }];
  return (step) => {
    const time = now();
    const newest = seen.at(-1);
    // Four marks a second are enough, and keep the list short.
    if (newest && time - newest.time >= 250) {
      const recent = seen.filter((mark) => time - mark.time <= window);
      seen = [...(recent.length > 0 ? recent : [newest]), { time, step }];
    }
    const oldest = seen[0];
    return oldest && time > oldest.time ? (1000 * (step - oldest.step)) / (time - oldest.time) : 0;
  };
}
