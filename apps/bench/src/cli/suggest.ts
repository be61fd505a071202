/**
 * The candidate that a mistyped name most likely stands for, or undefined when none is near. Case, hyphens and
 * underscores don't count, so `learning_rate` is near `learningRate`; neither does the path before a dot, so `alpha`
 * is near `agent.alpha`.
 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const given = normalize(name);
  const best = ranked(name, candidates)[0];
  return best && best.distance <= Math.max(1, Math.floor(given.length / 3)) ? best.candidate : undefined;
}

/**
 * The candidates that a name may stand for, the nearest first: one that differs by a slip of the hand, else all that share words with it.
 */
export function similar(name: string, candidates: readonly string[]): readonly string[] {
  const leaf = leafOf(name);
  const given = normalize(leaf);
  const byDistance = ranked(leaf, candidates);
  const [best] = byDistance;
  if (best?.distance === 0) return [best.candidate];
  const sharing = sharingWords(
    name,
    byDistance.map(({ candidate }) => candidate),
  );
  const isSlip = best && best.distance <= Math.max(1, Math.floor(given.length / 6));
  if (isSlip && !sharing.includes(best.candidate)) return [best.candidate];
  const near = nearest(name, candidates) ?? nearest(leaf, candidates);
  return [...new Set([...(near === undefined ? [] : [near]), ...sharing])];
}

/** The candidates with at least half of the words of a name, or all of it, in their order. */
export function sharingWords(name: string, candidates: readonly string[]): readonly string[] {
  const words = wordsOf(name);
  const given = normalize(leafOf(name));
  return candidates.filter((candidate) => {
    const others = wordsOf(candidate);
    const shared = words.filter((word) => others.includes(word)).length;
    return (
      (shared > 0 && 2 * shared >= words.length) ||
      (given.length > 3 && normalize(leafOf(candidate)).includes(given))
    );
  });
}

function ranked(name: string, candidates: readonly string[]) {
  const given = normalize(name);
  return candidates
    .map((candidate) => ({
      candidate,
      distance: Math.min(
        editDistance(given, normalize(candidate)),
        editDistance(given, normalize(leafOf(candidate))),
      ),
    }))
    .toSorted((a, b) => a.distance - b.distance);
}

const leafOf = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

/** `learning`, `rate` of `agent.learningRate` */
const wordsOf = (name: string): string[] =>
  leafOf(name)
    .split(/(?=[A-Z])|[-_]/)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());

/** The fewest insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
export function editDistance(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= from.length; row++) {
    const above = rows[row - 1] ?? [];
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replace = at(above, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1);
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const swap = swapped ? at(rows[row - 2] ?? [], column - 2) + 1 : Infinity;
      current.push(Math.min(replace, swap, at(above, column) + 1, at(current, column - 1) + 1));
    }
    rows.push(current);
  }
  return at(rows[from.length] ?? [], to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}

function normalize(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '');
}
