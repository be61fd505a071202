/** Timers take a longer time, and the reader of messages a larger size, for none. */
export const LARGEST_LIMIT = 2 ** 31 - 1;

/** @throws RangeError for limits that would not hold */
export function expectLimits(limits: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(limits))
    if (!Number.isInteger(value) || value < 1 || value > LARGEST_LIMIT)
      throw new RangeError(
        `servePolicy: ${name} is ${value}, expected a whole number from 1 to ${LARGEST_LIMIT}.`,
      );
}
