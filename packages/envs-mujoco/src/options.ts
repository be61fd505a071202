/** An interval, bounds as [lower, upper]; either may be infinite. */
export type Range = readonly [number, number];

/** What an option is by default and which values it takes. */
export interface Option<T> {
  readonly fallback: T;
  /** What values it takes, as an error message says it. */
  readonly expected: string;
  accepts(value: unknown): boolean;
}

/** One {@link Option} for every field of T. */
export type OptionTable<T> = { readonly [K in keyof T]-?: Option<T[K]> };

export const weight = (fallback: number): Option<number> => ({
  fallback,
  expected: 'a finite number',
  accepts: Number.isFinite,
});

export const scale = (fallback: number): Option<number> => ({
  fallback,
  expected: 'a finite number, 0 or more',
  accepts: (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
});

export const count = (fallback: number): Option<number> => ({
  fallback,
  expected: 'a positive integer',
  accepts: (value) => typeof value === 'number' && Number.isInteger(value) && value >= 1,
});

export const flag = (fallback: boolean): Option<boolean> => ({
  fallback,
  expected: 'true or false',
  accepts: (value) => typeof value === 'boolean',
});

export const range = (low: number, high: number): Option<Range> => ({
  fallback: [low, high],
  expected: 'two numbers, the lower first',
  accepts: (value) =>
    Array.isArray(value) &&
    value.length === 2 &&
    value.every((bound) => typeof bound === 'number') &&
    Number(value[0]) <= Number(value[1]),
});

export const index = (fallback: string | number): Option<string | number> => ({
  fallback,
  expected: 'a name or an index',
  accepts: (value) => typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value)),
});

/** A function; the error for a wrong one can't say more, as types are gone at run time. */
export const call = <T>(fallback: T): Option<T> => ({
  fallback,
  expected: 'a function',
  accepts: (value) => typeof value === 'function',
});

/** A text that may be left out. */
export const text: Option<string | undefined> = {
  fallback: undefined,
  expected: 'a text',
  accepts: (value) => typeof value === 'string',
};

/** Files by name that may be left out. */
export const files: Option<Readonly<Record<string, string | Uint8Array>> | undefined> = {
  fallback: undefined,
  expected: 'an object of texts or Uint8Arrays by file name',
  accepts: (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((file) => typeof file === 'string' || file instanceof Uint8Array),
};

/**
 * The options of `given`, and defaults for the others.
 *
 * @throws TypeError if `given` is no object
 * @throws RangeError for an option that isn't in the table or has a value that it doesn't take
 */
export function resolveOptions<T extends object>(id: string, table: OptionTable<T>, given: object): T {
  requireObject(`${id}: options`, given);
  requireKnown(`${id}: option`, Object.keys(table), given);
  for (const [name, value] of Object.entries(given)) {
    const option: Option<unknown> = table[name as keyof T];
    if (value !== undefined && !option.accepts(value)) {
      throw new RangeError(`${id}: option ${name} is ${show(value)}, expected ${option.expected}.`);
    }
  }
  const chosen = Object.entries<Option<unknown>>(table).map(([name, { fallback }]) => [
    name,
    (Object.hasOwn(given, name) ? Reflect.get(given, name) : undefined) ?? fallback,
  ]);
  return Object.fromEntries(chosen) as T;
}

/**
 * For options from outside, which may be anything.
 *
 * @throws TypeError unless `given` is an object
 */
export function requireObject(name: string, given: unknown): void {
  if (typeof given === 'object' && given !== null) return;
  throw new TypeError(`${name} is ${String(given)}, expected an object. Leave it out for the defaults.`);
}

/** @throws RangeError if `given` has a field of another name than `known` */
export function requireKnown(what: string, known: readonly string[], given: object): void {
  const stranger = Object.keys(given).find((name) => !known.includes(name));
  if (stranger === undefined) return;
  throw new RangeError(`${what} ${stranger} is unknown. Known ones: ${known.join(', ')}.`);
}

const show = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value));
