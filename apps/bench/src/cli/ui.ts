import { toJson } from '../files/json.ts';
import type { OutputStream } from './output-stream.ts';
import { createLiveText, silentLiveText, type LiveText } from './live-text.ts';
import { createProgress, silentProgress, type Progress, type ProgressOptions } from './progress.ts';

/** The two streams of a process. */
export interface Io {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

/** How much a command says, from the global options. */
export interface UiOptions {
  readonly json: boolean;
  readonly quiet: boolean;
}

/** What a command talks to people and programs through. */
export interface Ui {
  /** A note on what is going on, on stdout; dropped with `--quiet` and `--json`. */
  info(line: string): void;
  /** Something that the reader should know even with `--quiet`, on stderr. */
  warn(line: string): void;
  /** What the command found, on stdout: `text` for people, `value` with `--json`. Give it once. */
  result(value: unknown, text: string): void;
  /**
   * Progress on stderr; none with `--quiet` and `--json`.
   *
   * @param options steps that were done before, and what else than steps is counted
   */
  progress(label: string, total: number, options?: Pick<ProgressOptions, 'start' | 'unit'>): Progress;
  /** Text on stderr that changes; none with `--quiet` and `--json`. */
  live(): LiveText;
}

/** Binds a command's output to streams. */
export function createUi({ stdout, stderr }: Io, { json, quiet }: UiOptions): Ui {
  const silent = json || quiet;
  return {
    info: (line) => void (silent || stdout.write(`${line}\n`)),
    warn: (line) => void stderr.write(`meow-bench: ${line}\n`),
    result: (value, text) => void stdout.write(json ? toJson(value) : `${text}\n`),
    progress: (label, total, options) =>
      silent ? silentProgress : createProgress({ label, total, ...options, stream: stderr }),
    live: () => (silent ? silentLiveText : createLiveText({ stream: stderr })),
  };
}
