/** Other settings by name, with the values of each that a setting has an effect with. */
type Conditions = Readonly<Record<string, readonly unknown[]>>;

/** Where a default comes from, what a setting means, what it has to be: everything that is said of it, said once. */
export interface Setting<T> {
  /** How it is written: a number, a list of numbers as `64,64`, one of some words, or true and false. */
  readonly kind: 'number' | 'list' | 'word' | 'switch';
  readonly default: T;
  /** One line, without its default. */
  readonly description: string;
  /** Where the default comes from: a paper, or another implementation. */
  readonly source: string;
  /** Completes "must be": `a number from 1e-7 to 1`. */
  readonly expected: string;
  readonly holds: (value: unknown) => value is T;
  /** Why it has to be that, or what to change instead; a sentence. */
  readonly remedy?: string;
  /** What help shows in place of its value: `n`. */
  readonly placeholder: string;
  /** What agents computed with before the setting was there, where that isn't the default: saved ones without it go on so. */
  readonly formerly?: T;
  /** What it has an effect with: without, no value but the default is taken. Default: it always has one. */
  readonly onlyWith?: Conditions;
}

/** What is said of a setting beside its type and range. */
export interface SettingDescription<T> {
  readonly default: T;
  readonly description: string;
  readonly source: string;
  readonly remedy?: string;
  readonly formerly?: T;
  readonly onlyWith?: Conditions;
}

/** A range of numbers, in words and as a check. */
export interface Range {
  /** Completes "a number": `from 0 to 1`. */
  readonly words: string;
  readonly holds: (value: number) => boolean;
}

/** As people write it: 1e10, not 10000000000. */
const short = (value: number): string =>
  Math.abs(value) >= 1e6 ? value.toExponential().replace('+', '') : String(value);

/** Both bounds included. */
export const between = (low: number, high: number): Range => ({
  words: `from ${short(low)} to ${short(high)}`,
  holds: (value) => value >= low && value <= high,
});

/** The lower bound included, the upper one not. */
export const fromBelow = (low: number, high: number): Range => ({
  words: `of at least ${short(low)} and below ${short(high)}`,
  holds: (value) => value >= low && value < high,
});

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;

/** A number in a range. */
export const number = (
  range: Range,
  description: SettingDescription<number>,
  placeholder = 'x',
): Setting<number> => ({
  ...description,
  kind: 'number',
  placeholder,
  expected: `a number ${range.words}`,
  holds: (value): value is number => typeof value === 'number' && range.holds(value),
});

/** A whole number above zero. */
export const count = (description: SettingDescription<number>): Setting<number> => ({
  ...description,
  kind: 'number',
  placeholder: 'n',
  expected: 'a positive integer',
  holds: isCount,
});

/** A whole number in a range. */
export const integer = (range: Range, description: SettingDescription<number>): Setting<number> => ({
  ...description,
  kind: 'number',
  placeholder: 'n',
  expected: `a whole number ${range.words}`,
  holds: (value): value is number =>
    typeof value === 'number' && Number.isSafeInteger(value) && range.holds(value),
});

/** Units of layers: `[64, 64]`, at least one layer. */
export const widths = (description: SettingDescription<readonly number[]>): Setting<readonly number[]> => ({
  ...description,
  kind: 'list',
  placeholder: 'n,n',
  expected: 'a list of positive integers such as 64,64',
  holds: (value): value is readonly number[] =>
    Array.isArray(value) && value.length > 0 && value.every(isCount),
});

/** One of some words or numbers. */
export const oneOf = <const T extends string | number>(
  values: readonly T[],
  description: SettingDescription<NoInfer<T>>,
): Setting<T> => ({
  ...description,
  kind: values.every((value) => typeof value === 'number') ? 'number' : 'word',
  placeholder: values.join('|'),
  expected: `one of ${values.join(', ')}`,
  holds: (value): value is T => values.some((known) => known === value),
});

/** True or false. */
export const toggle = (description: SettingDescription<boolean>): Setting<boolean> => ({
  ...description,
  kind: 'switch',
  placeholder: '',
  expected: 'true or false',
  holds: (value) => typeof value === 'boolean',
});
