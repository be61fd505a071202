/**
 * Everything a generator needs to continue exactly where it stood, as plain JSON.
 *
 * JavaScript prints and parses doubles without loss, so a state survives `JSON.stringify` bit for bit.
 */
export interface GeneratorState {
  /** The four 32-bit words of xoroshiro128+, as signed integers. */
  readonly words: readonly [number, number, number, number];
  /** The second normal number of the last pair if it hasn't been handed out yet, else `null`. */
  readonly spare: number | null;
}

/**
 * Copies a state after checking it, because states come back from files that anyone may have edited.
 *
 * @throws TypeError unless `words` holds four 32-bit integers, not all 0, and `spare` is a finite number or `null`
 */
export function checkedState(state: GeneratorState): GeneratorState {
  const { words, spare } = state;
  if (!Array.isArray(words) || words.length !== 4) {
    const came = Array.isArray(words) ? `${words.length} entries` : String(words);
    throw stateError(`words is ${came}, expected 4 integers`);
  }
  for (const [index, word] of words.entries()) {
    if (word !== (word | 0)) throw stateError(`words[${index}] is ${word}, expected a signed 32-bit integer`);
  }
  const [a, b, c, d] = words;
  // The all-zero state is the one fixed point of the recurrence: it would return 0 for ever.
  if ((a | b | c | d) === 0) throw stateError('words are all 0, expected at least one other');
  if (spare !== null && !Number.isFinite(spare)) {
    throw stateError(`spare is ${String(spare)}, expected a finite number or null`);
  }
  return { words: [a, b, c, d], spare };
}

const stateError = (problem: string) =>
  new TypeError(`random: state.${problem}. Give what state() of a generator returned, unchanged.`);
