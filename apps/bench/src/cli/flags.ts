import { Option, type Command } from 'commander';
import type { z } from 'zod';
import { UsageError } from './errors.ts';
import { mergeConfig, type RawConfig } from './config-file.ts';
import { settingsOf, type Setting } from './settings.ts';

/** The flag of a setting, from its last key: `--learning-rate`. */
export function flagOf({ path }: Pick<Setting, 'path'>): string {
  return `--${(path.at(-1) ?? '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Gives a command one flag per setting, described and checked as the schema says. */
export function addFlags(command: Command, schema: z.ZodObject): Command {
  for (const setting of settingsOf(schema)) command.addOption(optionOf(setting));
  return command;
}

function optionOf(setting: Setting): Option {
  const { kind, info, defaultValue } = setting;
  const flag = flagOf(setting);
  if (kind === 'switch') return new Option(flag, info.description);
  const absent = info.whenAbsent === undefined ? '' : ` (default: ${info.whenAbsent})`;
  return new Option(`${flag} <${info.placeholder ?? 'value'}>`, info.description + absent)
    .default(defaultValue)
    .argParser((text: string) => parseFlag(setting, flag, text));
}

/** The settings given as flags on the command line, nested as the schema nests them; defaults are left out. */
export function givenFlags(command: Command, schema: z.ZodObject): RawConfig {
  let given: RawConfig = {};
  for (const setting of settingsOf(schema)) {
    // Commander keeps --no-tensorboard as a tensorboard that is false.
    const option = optionOf(setting);
    const name = option.attributeName();
    if (command.getOptionValueSource(name) !== 'cli') continue;
    given = mergeConfig(given, nest(setting.path, option.negate ? true : command.getOptionValue(name)));
  }
  return given;
}

function nest([key = '', ...rest]: readonly string[], value: unknown): RawConfig {
  return { [key]: rest.length > 0 ? nest(rest, value) : value };
}

function parseFlag({ kind, info, schema }: Setting, flag: string, text: string): unknown {
  const value = valueOf[kind](text);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new UsageError(
    `${flag} can't be ${JSON.stringify(text)}`,
    `Give ${info.expects} (${info.description}).`,
  );
}

const valueOf: Readonly<Record<Setting['kind'], (text: string) => unknown>> = {
  number: toNumber,
  list: (text) => text.split(',').map(toNumber),
  words: (text) => text.split(',').map((word) => word.trim()),
  text: (text) => text,
  switch: (text) => text,
};

/** Stricter than `Number`, which takes an empty text for zero. */
function toNumber(text: string): number {
  return text.trim() === '' ? NaN : Number(text);
}
