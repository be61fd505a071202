const refused = (what: string, expected: string, got: unknown): RangeError =>
  new RangeError(`export: ${what} must be ${expected}, got ${String(got)}.`);

/** @throws RangeError unless these are numbers to verify by */
export function checkVerifyOptions({
  observations = 1,
  tolerance = 0,
}: {
  readonly observations?: number;
  readonly tolerance?: number | undefined;
}): void {
  if (!Number.isInteger(observations) || observations < 1)
    throw refused('observations', 'a whole number >= 1', observations);
  if (!Number.isFinite(tolerance) || tolerance < 0)
    throw refused('tolerance', 'a finite number >= 0', tolerance);
}

/** @throws RangeError unless it is a number of steps */
export function checkTrainingSteps(steps: number): void {
  if (!Number.isInteger(steps) || steps < 0) throw refused('trainingSteps', 'a whole number >= 0', steps);
}

/** Names of what each file is measured by anyway. */
const RESERVED: readonly string[] = ['max_error', 'mean_error', 'observations'];

/** @throws RangeError unless what was measured are finite numbers by names that are free */
export function checkMeasured(measured: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  for (const [name, value] of Object.entries(measured)) {
    if (RESERVED.includes(name))
      throw refused('a name of what is measured', `none of ${RESERVED.join(', ')}`, name);
    if (!Number.isFinite(value)) throw refused(`what is measured as ${name}`, 'a finite number', value);
  }
  return measured;
}
