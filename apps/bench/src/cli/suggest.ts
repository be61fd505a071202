/**
 * The candidate that a mistyped name most likely stands for, or undefined when none is near. Case, hyphens and
 * underscores don't count, so `learning_rate` is near `learningRate`; neither does the path before a dot, so `alpha`
 * is near `agent.alpha`.
 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const given = normalize(name);
  const ranked = candidates
    .map((candidate) => {
      const leaf = candidate.slice(candidate.lastIndexOf('.') + 1);
      return {
        candidate,
        distance: Math.min(editDistance(given, normalize(candidate)), editDistance(given, normalize(leaf))),
      };
    })
    .toSorted((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(1, Math.floor(given.length / 3)) ? best.candidate : undefined;
}

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
