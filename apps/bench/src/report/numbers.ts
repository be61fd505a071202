const minus = '\u2212';
const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/**
 * A number as prose writes it: a few significant digits, thousands grouped, a real minus sign, and powers of ten where
 * the decimal form would be long (`1.2 × 10⁻⁵`).
 */
export function formatNumber(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return String(value).replace('-', minus);
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e9) {
    const [mantissa = '', exponent = '0'] = value.toExponential(digits - 1).split('e');
    return `${trimZeros(mantissa).replace('-', minus)} × ${powerOfTen(Number(exponent))}`;
  }
  const maximumFractionDigits = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return value.toLocaleString('en-US', { maximumFractionDigits }).replace('-', minus);
}

/** The power of ten of a number's first digit. */
const powerOfSize = (value: number): number => Math.floor(Math.log10(Math.abs(value)) + 1e-9);

/** A label of an axis, with as many digits as tell it from one at this distance. */
export function formatTick(value: number, distance: number): string {
  return value === 0 ? '0' : formatNumber(value, Math.max(1, powerOfSize(value) - powerOfSize(distance) + 1));
}

/** A number with two decimals and a real minus sign, for columns that are read downwards. */
export const formatDecimals = (value: number): string =>
  // What rounds to zero has no sign.
  Number(value.toFixed(2)).toFixed(2).replace('-', minus);

/** `10⁻³` for -3. */
export function powerOfTen(exponent: number): string {
  const digits = [...String(Math.abs(exponent))].map((digit) => superscripts[Number(digit)]).join('');
  return `10${exponent < 0 ? '⁻' : ''}${digits}`;
}

/** `42 s`, `3 min 5 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${formatNumber(seconds, 2)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return `${minutes} min ${whole % 60} s`;
}

/** `87%`, and `0%` of nothing. */
export function formatShare(part: number, whole: number): string {
  return `${Math.round((100 * part) / Math.max(whole, 1))}%`;
}

function trimZeros(mantissa: string): string {
  return mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
}

/** Whole numbers with their thousands grouped. */
export const count = (value: number): string => formatNumber(value, 12);
