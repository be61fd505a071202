import { Option, type Command } from 'commander';

import { UsageError } from './errors.ts';
import { mergeConfig, nest, type RawConfig } from './config-file.ts';
import { settingsIn, type CommandSetting, type PlacedSetting, type SettingsTree } from './settings.ts';

/** The flag of a setting, from its last key: `--learning-rate`. */
export function flagOf({ path }: Pick<PlacedSetting, 'path'>): string {
  return `--${(path.at(-1) ?? '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** A setting as an option of commander. It takes any text: {@link givenFlags} checks it. */
export function optionOf(placed: PlacedSetting): Option {
  const { kind, description, placeholder, absent, default: value } = placed.setting;
  const flag = flagOf(placed);
  const otherwise = absent === undefined ? '' : ` (default: ${absent})`;
  // One that may be on by default has to say what it is.
  if (kind === 'switch')
    return absent === undefined
      ? new Option(flag, description)
      : new Option(`${flag} [true|false]`, description + otherwise);
  const shown = Array.isArray(value) ? value.join(',') : undefined;
  return new Option(`${flag} <${placeholder}>`, description + otherwise).default(value, shown);
}

/** The settings given as flags on the command line, checked, nested as the tree nests them; defaults are left out. */
export function givenFlags(command: Command, tree: SettingsTree): RawConfig {
  let given: RawConfig = {};
  for (const placed of settingsIn(tree)) {
    // Commander keeps --no-tensorboard as a tensorboard that is false.
    const option = optionOf(placed);
    const name = option.attributeName();
    if (command.getOptionValueSource(name) !== 'cli') continue;
    const text: unknown = command.getOptionValue(name);
    const value = typeof text === 'boolean' ? true : parseFlag(placed, String(text));
    given = mergeConfig(given, nest(placed.path, value));
  }
  return given;
}

function parseFlag(placed: PlacedSetting, text: string): unknown {
  const { kind, holds, expected, description } = placed.setting;
  const value = valueOf[kind](text);
  if (holds(value)) return value;
  throw new UsageError(
    `${flagOf(placed)} can't be ${JSON.stringify(text)}`,
    `Give ${expected} (${description}).`,
  );
}

const valueOf: Readonly<Record<CommandSetting['kind'], (text: string) => unknown>> = {
  number: toNumber,
  list: (text) => text.split(',').map(toNumber),
  words: (text) => text.split(',').map((word) => word.trim()),
  word: (text) => text,
  switch: (text) => (text === 'true' || text === 'false' ? text === 'true' : text),
};

/** Stricter than `Number`, which takes an empty text for zero. */
function toNumber(text: string): number {
  return text.trim() === '' ? NaN : Number(text);
}
