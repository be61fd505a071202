/**
 * Throws unless there are at least `least` values, all of them finite.
 *
 * @param where begins the message
 * @throws RangeError saying what came
 */
export function checkValues(where: string, values: readonly number[], least = 1): void {
  if (values.length < least) {
    throw new RangeError(
      `${where}: got ${values.length} ${values.length === 1 ? 'value' : 'values'}, expected at least ${least}.`,
    );
  }
  const entry = values.findIndex((value) => !Number.isFinite(value));
  if (entry >= 0) {
    throw new RangeError(
      `${where}: value ${entry} is ${String(values[entry])}, expected finite numbers. ` +
        'Leave out the run that it comes from, and say so where the result is shown.',
    );
  }
}
