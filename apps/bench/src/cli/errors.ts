import { codeOf } from '@meow-rl/files';
import { CommanderError } from 'commander';

import { spokenMessage } from './spoken-names.ts';

/** A failure that the command line explains in one line: what happened and what to do about it. Exit code 1. */
export class CliError extends Error {
  readonly exitCode: number = 1;

  /**
   * @param cause what happened, without a final period; it may end with a question
   * @param remedy what to do, a whole sentence
   */
  constructor(cause: string, remedy: string, options?: ErrorOptions) {
    super(`${cause}${cause.endsWith('?') ? '' : '.'} ${remedy}`, options);
    this.name = new.target.name;
  }
}

/** A signal ended the command, in good order. Its exit code is the shells' for that signal. */
export class InterruptedError extends CliError {
  override readonly exitCode: number;

  constructor(cause: string, remedy: string, exitCode: number) {
    super(cause, remedy);
    this.exitCode = exitCode;
  }
}

/** The command was called wrongly: nothing was begun. Exit code 2. */
export class UsageError extends CliError {
  override readonly exitCode = 2;
}

/** 0 for what isn't a failure (`--help`, `--version`), 2 for wrong usage, 1 for everything else. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return 1;
}

/** The line that stderr gets, without a stack: `<cause>. <remedy>`. */
export function describeError(error: unknown): string {
  const line = spokenMessage(oneLine(error instanceof Error ? error.message || error.name : String(error)));
  if (error instanceof CliError) return line;
  const sentence = /[.!?]$/.test(line) ? line : `${line}.`;
  const hint = unexpected(error) ? ' Run again with --verbose for the stack trace.' : '';
  return sentence + hint;
}

/** The stack with those of its causes, for `--verbose`. */
export function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const stack = error.stack ?? '';
  return error.cause === undefined
    ? stack
    : `${stack}\ncaused by ${stackOf(error.cause) || String(error.cause)}`;
}

/** What an error says, as part of a sentence. */
export const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).trim().replace(/\.$/, '');

/** Whether an error has a system error code such as `ENOENT`. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(String(codeOf(error)));
}

/** The packages' own errors say what to do; what the language or the system throws by itself is news to the reader. */
function unexpected(error: unknown): boolean {
  const ours = error instanceof Error && !(error instanceof TypeError || error instanceof ReferenceError);
  return !ours || codeOf(error) !== undefined;
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}
