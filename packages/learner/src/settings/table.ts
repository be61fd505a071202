import type { Setting } from './setting.ts';

/** The settings of an algorithm by their names: types, checks, flags, config files and docs come from it. */
export type SettingsTable = Readonly<Record<string, Setting<unknown>>>;

/** The values of a table's settings. */
export type SettingsOf<T extends SettingsTable> = {
  readonly [K in keyof T]: T[K] extends Setting<infer V> ? V : never;
};

const keysOf = <T extends object>(record: T): (keyof T & string)[] =>
  Object.keys(record) as (keyof T & string)[];

/** The defaults of all settings. */
export const defaultsOf = <T extends SettingsTable>(table: T): SettingsOf<T> =>
  Object.fromEntries(keysOf(table).map((key) => [key, table[key]?.default])) as SettingsOf<T>;

/** Of settings whose default isn't what agents computed with before they were there: that former value. */
export const formerValuesOf = <T extends SettingsTable>(table: T): Partial<SettingsOf<T>> =>
  Object.fromEntries(
    keysOf(table).flatMap((key) => {
      const formerly = table[key]?.formerly;
      return formerly === undefined ? [] : [[key, formerly]];
    }),
  ) as Partial<SettingsOf<T>>;

/** JSON has no NaN and no infinities. */
const shown = (value: unknown): string => (typeof value === 'number' ? String(value) : JSON.stringify(value));

/**
 * Fills in the defaults and checks every setting alone.
 *
 * @param where begins messages: the algorithm's name
 * @throws RangeError naming the setting, what was expected, what came and what to do
 */
export function resolveSettings<T extends SettingsTable>(
  where: string,
  table: T,
  given: Partial<SettingsOf<T>> = {},
): SettingsOf<T> {
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(table, key));
  if (unknown !== undefined)
    throw new RangeError(`${where}: unknown option ${unknown}. Known: ${Object.keys(table).join(', ')}.`);
  const settings: SettingsOf<T> = { ...defaultsOf(table), ...given };
  for (const key of keysOf(table)) {
    const setting = table[key];
    const value: unknown = settings[key];
    if (setting === undefined || setting.holds(value)) continue;
    const advice = setting.remedy === undefined ? '' : ` ${setting.remedy}`;
    throw new RangeError(`${where}: ${key} must be ${setting.expected}, got ${shown(value)}.${advice}`);
  }
  return settings;
}

/** What decides whether a setting has no effect: another one, and the values of that with which it would have one. */
function obstacleTo(
  { onlyWith = {} }: Setting<unknown>,
  settings: Readonly<Record<string, unknown>>,
): readonly [other: string, values: readonly unknown[]] | undefined {
  return Object.entries(onlyWith).find(([other, values]) => !values.includes(settings[other]));
}

/** Whether a setting has an effect beside the others. */
export const hasEffect = (
  table: SettingsTable,
  key: string,
  settings: Readonly<Record<string, unknown>>,
): boolean => {
  const setting = table[key];
  return setting !== undefined && !obstacleTo(setting, settings);
};

/** Refuses what somebody has set without effect; the default, or the value of saved agents, nobody need have set. */
function refuseUnused(
  where: string,
  table: SettingsTable,
  settings: Readonly<Record<string, unknown>>,
): void {
  for (const [key, setting] of Object.entries(table)) {
    const value = settings[key];
    const obstacle = obstacleTo(setting, settings);
    if (!obstacle || value === setting.default || value === setting.formerly) continue;
    const [other, values] = obstacle;
    const needed = values.map((one) => String(one)).join(' or ');
    throw new RangeError(
      `${where}: ${key} ${String(value)} has no effect with ${other} ${String(settings[other])}. Leave it out, or set ${other} to ${needed}.`,
    );
  }
}

/** The settings of an algorithm, and how they are checked against each other. */
export interface ConfigRules<T extends SettingsTable> {
  /** Begins messages. */
  readonly name: string;
  readonly settings: T;
  /** @throws RangeError naming settings that contradict each other */
  check?(config: SettingsOf<T>): void;
}

/**
 * Fills in the defaults, and checks every setting alone and against the others.
 *
 * @throws RangeError naming the setting, what was expected, what came and what to do
 */
export function resolveConfig<T extends SettingsTable>(
  { name, settings, check }: ConfigRules<T>,
  given: Partial<SettingsOf<T>> = {},
): SettingsOf<T> {
  const config = resolveSettings(name, settings, given);
  refuseUnused(name, settings, config);
  check?.(config);
  return config;
}
