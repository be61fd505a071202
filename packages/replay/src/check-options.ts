/** Throws unless `value` is an integer of at least 1. */
export function checkPositive(what: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`replay: ${what}, expected a positive integer.`);
  }
}

/** Throws unless `value` is a number in [low, high]. */
export function checkWithin(name: string, value: number, low: number, high: number): void {
  if (!(value >= low && value <= high)) {
    throw new RangeError(
      `replay: ${name} is ${String(value)}, expected a number from ${String(low)} to ${String(high)}.`,
    );
  }
}
