/**
 * Throws unless a confidence is a share between 0 and 1.
 *
 * @param where begins the message
 * @throws RangeError saying what came
 */
export function checkConfidence(where: string, confidence: number): void {
  if (confidence > 0 && confidence < 1) return;
  throw new RangeError(
    `${where}: confidence is ${String(confidence)}, expected a number between 0 and 1, as 0.95.`,
  );
}
