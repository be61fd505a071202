/** A line of a text. */
export interface TextLine {
  /** Without its newline. */
  readonly text: string;
  /** Whether a newline ends it. What follows the last one may be a line that was being written. */
  readonly isWhole: boolean;
}

/** The lines of a text that comes in pieces, each as soon as it is whole; at the end what follows the last newline, if anything does. */
export async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<TextLine> {
  let begun = '';
  for await (const piece of pieces) {
    const [end = '', ...next] = piece.split('\n');
    begun += end;
    for (const text of next) {
      yield { text: begun, isWhole: true };
      begun = text;
    }
  }
  if (begun !== '') yield { text: begun, isWhole: false };
}
