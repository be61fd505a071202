import { extname } from 'node:path';
import { parse as parseYaml, YAMLParseError } from 'yaml';
import { hasCode, UsageError } from './errors.ts';
import { repeatedKey } from './repeated-key.ts';
import { isSetting, settingsIn, type SettingsTree, type ValuesOf } from './settings.ts';
import { similar } from './suggest.ts';
import { NoTextError, readTextFile } from '../files/text-file.ts';

/** Settings as they are written, before they are checked. */
export type RawConfig = Readonly<Record<string, unknown>>;

/** What a run records beside its settings, so that its `config.json` can be given to `--config` again. */
const recordedKeys: ReadonlySet<string> = new Set(['command', 'environment', 'versions', 'changes']);

/**
 * Reads settings from a JSON or YAML file, with or without a byte order mark.
 *
 * @throws UsageError if it can't be read, isn't well-formed or says something twice, with the line where that is known
 */
export const readConfigFile = async (path: string): Promise<RawConfig> =>
  withoutRecord(await readWholeConfig(path));

/** Settings without what a run records beside them. */
export const withoutRecord = (content: RawConfig): RawConfig =>
  Object.fromEntries(Object.entries(content).filter(([key]) => !recordedKeys.has(key)));

/** Whether a run wrote them, and no hand. */
export const isRecorded = (content: RawConfig): boolean => content['versions'] !== undefined;

/**
 * {@link readConfigFile} with what a run records beside its settings.
 *
 * @param receiver what the file was given to
 */
export async function readWholeConfig(path: string, receiver = '--config'): Promise<RawConfig> {
  const content = parseConfig(await readText(path, receiver), path);
  if (content === null) return {};
  if (typeof content !== 'object' || Array.isArray(content))
    throw new UsageError(
      `${path} holds ${Array.isArray(content) ? 'a list' : 'a single value'}, not settings`,
      'Write one "name: value" per line.',
    );
  return { ...content };
}

export const isRecord = (value: unknown): value is RawConfig =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `{ agent: { alpha: 1 } }` for the path `['agent', 'alpha']` and 1. */
export const nest = ([key = '', ...inner]: readonly string[], value: unknown): RawConfig => ({
  [key]: inner.length > 0 ? nest(inner, value) : value,
});

/** Settings with others laid over them, object by object. */
export function mergeConfig(base: RawConfig, over: RawConfig): RawConfig {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    const below = merged.get(key);
    merged.set(key, isRecord(below) && isRecord(value) ? mergeConfig(below, value) : value);
  }
  return Object.fromEntries(merged);
}

/**
 * Checks settings and fills in defaults.
 *
 * @param source where the settings were written, for the message
 * @throws UsageError naming the setting, what it was and what it should be
 */
export const parseSettings = <S extends SettingsTree>(tree: S, raw: RawConfig, source: string): ValuesOf<S> =>
  // Each entry has been checked by its own rule.
  checkedBelow({ tree, source }, tree, [], raw) as ValuesOf<S>;

interface Checking {
  /** All settings there are. */
  readonly tree: SettingsTree;
  readonly source: string;
}

function checkedBelow(all: Checking, tree: SettingsTree, path: readonly string[], raw: RawConfig): RawConfig {
  const values: [string, unknown][] = [];
  for (const [name, entry] of Object.entries(tree)) {
    const given = Object.hasOwn(raw, name) ? raw[name] : undefined;
    const at = [...path, name];
    if (isSetting(entry)) {
      const value = given === undefined ? entry.default : given;
      if (given === undefined && value === undefined) continue;
      if (!entry.holds(value))
        throw wrongValue(all, at, value, `Give ${entry.expected} (${entry.description}).`);
      values.push([name, value]);
    } else {
      if (given !== undefined && !isRecord(given))
        throw wrongValue(all, at, given, 'Write one "name: value" per line below it.');
      values.push([name, checkedBelow(all, entry, at, given === undefined ? {} : given)]);
    }
  }
  const unknown = Object.keys(raw).find((name) => !Object.hasOwn(tree, name));
  if (unknown !== undefined) throw unknownKey(all, [...path, unknown].join('.'));
  return Object.fromEntries(values);
}

function unknownKey({ tree, source }: Checking, given: string): UsageError {
  const known = settingsIn(tree).map(({ path }) => path.join('.'));
  const near = similar(given, known);
  return new UsageError(
    `${source}: unknown setting ${given}`,
    near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `The settings are ${known.join(', ')}.`,
  );
}

const wrongValue = ({ source }: Checking, path: readonly string[], value: unknown, remedy: string) =>
  new UsageError(`${source}: ${path.join('.')} can't be ${shown(value)}`, remedy);

/** JSON has no NaN and no infinities, which YAML has. */
const shown = (value: unknown): string =>
  typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));

async function readText(path: string, receiver: string): Promise<string> {
  try {
    return await readTextFile(path);
  } catch (error) {
    if (error instanceof NoTextError)
      throw new UsageError(
        `can't read ${path}: ${error.message}`,
        `Give ${receiver} a JSON or YAML file in UTF-8, which every editor can save.`,
        { cause: error },
      );
    const reason = hasCode(error, 'ENOENT')
      ? 'there is no such file'
      : hasCode(error, 'EISDIR')
        ? 'it is a folder'
        : String(error);
    throw new UsageError(`can't read ${path}: ${reason}`, `Give ${receiver} a JSON or YAML file.`, {
      cause: error,
    });
  }
}

function parseConfig(text: string, path: string): unknown {
  const content = extname(path) === '.json' ? parseJson(text, path) : parseYamlText(text, path);
  const repeated = repeatedKey(text);
  if (!repeated) return content;
  throw new UsageError(
    `${path}, line ${repeated.line}: ${repeated.path} is there twice, first in line ${repeated.firstLine}`,
    'Keep the one that you mean.',
  );
}

function parseJson(text: string, path: string): unknown {
  if (text.trim() === '')
    throw new UsageError(`${path} is empty`, 'Write {} into it where there are no settings.');
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const line = jsonErrorLine(text, message);
    // Some messages go on with a piece of the file, which may run over lines.
    const reason = visible(message.replace(/(, ["'.]| in JSON at position| is not valid JSON).*$/s, ''));
    throw new UsageError(
      `${path}${line === undefined ? '' : `, line ${line}`}: ${lowerFirst(reason)}`,
      'Correct that line; a setting is written "name": value, with a comma between two.',
      { cause: error },
    );
  }
}

/** Where JSON is broken: from the position that the engine tells, or where the stricter of YAML's rules break too. */
function jsonErrorLine(text: string, message: string): number | undefined {
  const position = /position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return text.slice(0, Number(position)).split('\n').length;
  try {
    parseYaml(text, { schema: 'json' });
    return undefined;
  } catch (error) {
    return error instanceof YAMLParseError ? error.linePos?.[0].line : undefined;
  }
}

function parseYamlText(text: string, path: string): unknown {
  try {
    return parseYaml(text, { uniqueKeys: false, logLevel: 'error' }) as unknown;
  } catch (error) {
    if (!(error instanceof YAMLParseError))
      throw new UsageError(
        `${path}: ${lowerFirst(error instanceof Error ? error.message : String(error))}`,
        'A setting is written name: value.',
        { cause: error },
      );
    const line = error.linePos?.[0].line ?? 1;
    // Some messages go on with what a program should call.
    const reason = (error.message.split('\n')[0] ?? '').replace(
      /(; please use .*| at line \d+, column \d+:?)$/,
      '',
    );
    throw new UsageError(
      `${path}, line ${line}: ${lowerFirst(reason)}`,
      'Correct that line; a setting is written name: value.',
      { cause: error },
    );
  }
}

/** Names the characters that nobody would see in a message. */
const visible = (text: string): string =>
  text.replaceAll(
    /(?! )[\p{C}\p{Z}]/gu,
    (character) => `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`,
  );

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
