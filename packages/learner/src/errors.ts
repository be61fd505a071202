/** An update gave a number that is not finite. */
export class NonFiniteError extends Error {
  override readonly name = 'NonFiniteError';
  /** Which update, counted from 1. */
  readonly update: number;
  /** The first quantity that was not finite, in the order of computation. */
  readonly term: string;

  constructor(algorithm: string, update: number, term: string, value: number, remedy: string) {
    super(`${algorithm}: ${term} became ${value} in update ${update}. ${remedy}`);
    this.update = update;
    this.term = term;
  }
}
