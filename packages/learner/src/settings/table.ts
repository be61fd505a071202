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
 * Fills in the defaults and checks every setting.
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
