import { isRecord, type RawConfig } from './config-file.ts';
import { flagOf } from './flags.ts';

/**
 * A command as somebody would type it into a shell.
 *
 * @param words the command and its arguments
 * @param settings given as flags; nested ones by their last name, as everywhere
 */
export const commandLine = (words: readonly string[], settings: RawConfig): string =>
  ['meow-bench', ...words, ...flagsOf(settings)].map(quoted).join(' ');

const flagsOf = (settings: RawConfig): string[] =>
  Object.entries(settings).flatMap(([name, value]) => {
    if (isRecord(value)) return flagsOf(value);
    const flag = flagOf({ path: [name] });
    if (value === undefined) return [];
    return value === true ? [flag] : [flag, Array.isArray(value) ? value.join(',') : String(value)];
  });

/** A word as a shell takes it for one. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
