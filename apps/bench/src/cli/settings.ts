import { count, toggle as switchSetting, type Setting } from '@meow-rl/learner/settings';

import { secondsOf } from './duration.ts';

/** What is said of a setting once: what it means, what it has to be, how it is written. */
export interface SettingDescription<T> extends Pick<
  Setting<T>,
  'description' | 'expected' | 'holds' | 'placeholder'
> {
  /** As in the tables of algorithms; `words` are a list of names. */
  readonly kind: Setting<T>['kind'] | 'words';
}

/** What holds for a setting that isn't given. */
interface Otherwise<T> {
  /** Its value then. Without a default the key is absent from the values. */
  readonly default?: T;
  /** What help says in the place of a default: `those of the environment`. */
  readonly absent?: string;
}

/** A setting of a command. Those of algorithms are such settings too. */
export type CommandSetting<T = unknown> = SettingDescription<T> & Otherwise<T>;

/** Settings by name; nested ones stand below a name of their own, as `agent.alpha` does. */
export interface SettingsTree {
  readonly [name: string]: CommandSetting | SettingsTree;
}

type ValueOf<S> = S extends SettingDescription<infer T> ? T : S extends SettingsTree ? ValuesOf<S> : never;

type HasValue<S> =
  S extends SettingDescription<unknown> ? (S extends { readonly default: unknown } ? true : false) : true;

/** The values of settings: those without a default may be absent. */
export type ValuesOf<S extends SettingsTree> = {
  readonly [K in keyof S as HasValue<S[K]> extends true ? K : never]: ValueOf<S[K]>;
} & {
  readonly [K in keyof S as HasValue<S[K]> extends true ? never : K]?: ValueOf<S[K]>;
};

/** One setting with where it is: `['agent', 'learningRate']`. */
export interface PlacedSetting {
  readonly path: readonly string[];
  readonly setting: CommandSetting;
}

/** Gives settings their types. */
export const defineSettings = <const S extends SettingsTree>(settings: S): S => settings;

export const isSetting = (entry: CommandSetting | SettingsTree | undefined): entry is CommandSetting =>
  typeof entry?.['holds'] === 'function';

/** All settings in their order, nested ones included. */
export const settingsIn = (tree: SettingsTree, path: readonly string[] = []): PlacedSetting[] =>
  Object.entries(tree).flatMap(([name, entry]) =>
    isSetting(entry) ? [{ path: [...path, name], setting: entry }] : settingsIn(entry, [...path, name]),
  );

/** The value at the path of a setting; undefined where there is none. */
export const valueAt = (settings: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (inner, name) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined),
    settings,
  );

/** The default of a setting whose value the preset gives where nobody else does. */
export const fromPreset = { absent: 'from the preset' } as const;

type With<T, O> = SettingDescription<T> & O;

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/** How a value is shown in help, and what it has to be, where a setting says more than its kind. */
type Wording = Partial<Pick<SettingDescription<unknown>, 'placeholder' | 'expected'>>;

const numberThat =
  (expected: string, placeholder: string, holds: (value: number) => boolean) =>
  <O extends Otherwise<number> & Wording>(description: string, otherwise: O): With<number, O> => ({
    kind: 'number',
    description,
    expected,
    placeholder,
    holds: (value): value is number => isNumber(value) && holds(value),
    ...otherwise,
  });

const { expected: ofCounts, holds: isCount } = count({ default: 1, description: '', source: '' });

/** A whole number above zero. */
export const positiveInteger = numberThat(ofCounts, 'n', isCount);

/** A whole number, zero or above. */
export const wholeNumber = numberThat(
  'an integer of at least 0',
  'n',
  (value) => Number.isSafeInteger(value) && value >= 0,
);

/** A port of TCP; 0 stands for any that is free. */
export const port = numberThat(
  'an integer from 0 to 65535',
  'n',
  (value) => Number.isSafeInteger(value) && value >= 0 && value <= 65_535,
);

/** A number above zero. */
export const positiveNumber = numberThat('a number above 0', 'x', (value) => value > 0);

/** A number, zero or above. */
export const nonNegativeNumber = numberThat('a number of at least 0', 'x', (value) => value >= 0);

/** A number between zero and one, neither included. */
export const share = numberThat(
  'a number between 0 and 1, such as 0.95',
  'p',
  (value) => value > 0 && value < 1,
);

const isWord = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** A text that isn't empty. */
export const word = <O extends Otherwise<string> & Wording>(
  description: string,
  otherwise: O,
): With<string, O> => ({
  kind: 'word',
  description,
  expected: 'a text',
  placeholder: 'name',
  holds: isWord,
  ...otherwise,
});

/** A span of time: `8h`, `1h30m`, `45s`. */
export const duration = <O extends Otherwise<string>>(
  description: string,
  otherwise: O,
): With<string, O> => ({
  kind: 'word',
  description,
  expected: 'a time such as 8h, 1h30m or 45s',
  placeholder: 'time',
  holds: (value): value is string => typeof value === 'string' && secondsOf(value) !== undefined,
  ...otherwise,
});

/** Names: `HalfCheetah-v5,Ant-v5` on the command line. */
export const words = <O extends Otherwise<readonly string[]>>(
  description: string,
  placeholder: string,
  otherwise: O,
): With<readonly string[], O> => ({
  kind: 'words',
  description,
  expected: 'a list of names: a,b on the command line, [a, b] in a file',
  placeholder,
  holds: (value): value is readonly string[] =>
    Array.isArray(value) && value.length > 0 && value.every(isWord),
  ...otherwise,
});

/** Numbers above zero, each once: `0.1,0.3` on the command line. */
export const positiveNumbers = <O extends Otherwise<readonly number[]>>(
  description: string,
  otherwise: O,
): With<readonly number[], O> => ({
  kind: 'list',
  description,
  expected: 'a list of different numbers above 0 such as 0.1,0.3',
  placeholder: 'x,…',
  holds: (value): value is readonly number[] =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((entry) => isNumber(entry) && entry > 0) &&
    new Set(value).size === value.length,
  ...otherwise,
});

/** One of some names. */
export const oneOf = <const T extends string, const O extends Otherwise<T>>(
  names: readonly T[],
  description: string,
  otherwise: O,
): With<T, O> => ({
  kind: 'word',
  description,
  expected: `one of ${names.join(', ')}`,
  placeholder: names.join('|'),
  holds: (value): value is T => names.some((name) => name === value),
  ...otherwise,
});

/** A switch, off unless given: `--stochastic`. */
export const toggle = (description: string) => switchSetting({ default: false, description, source: '' });

/** A switch that something else may have turned on where it isn't given: `--normalize-observations false`. */
export const decidedToggle = <O extends Otherwise<boolean>>(
  description: string,
  otherwise: O,
): With<boolean, O> => {
  const { default: _, source: __, ...setting } = toggle(description);
  return { ...setting, ...otherwise };
};
