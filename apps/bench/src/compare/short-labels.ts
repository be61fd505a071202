/** Digits that a number keeps in any case. */
const LEAST_DIGITS = 3;
/** Enough for every number, of which there are 64 bits. */
const ALL_DIGITS = 17;
/** A number that nobody has written by hand: `=` and more than this many digits with a point among them. */
const WRITTEN_DIGITS = 6;

const VALUE = /(?<==)-?\d+\.\d+(?:e[-+]?\d+)?(?=[,)])/g;

/**
 * Labels with numbers such as `0.00022792665311823092`, as of a random sweep, rounded to as few digits as keep all labels apart.
 *
 * @returns the short label of each
 */
export function shortLabels(labels: readonly string[]): ReadonlyMap<string, string> {
  const different = [...new Set(labels)];
  for (let digits = LEAST_DIGITS; digits < ALL_DIGITS; digits += 1) {
    const short = new Map(different.map((label) => [label, rounded(label, digits)]));
    if (new Set(short.values()).size === different.length) return short;
  }
  return new Map(different.map((label) => [label, label]));
}

const rounded = (label: string, digits: number): string =>
  label.replace(VALUE, (value) =>
    significantDigits(value) > WRITTEN_DIGITS ? String(Number(Number(value).toPrecision(digits))) : value,
  );

const significantDigits = (value: string): number =>
  value.replace(/e.*$/, '').replace(/[-.]/g, '').replace(/^0+/, '').length;
