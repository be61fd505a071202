/** A cell of a table. */
export type Cell = string | number;

/**
 * Rows under a header, in columns: text to the left, numbers to the right.
 *
 *     goal      episodes
 *     (5, 0)         104
 */
export function formatTable(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const cells = [header, ...rows.map((row) => row.map(String))];
  const columns = header.map((_, column) => ({
    width: Math.max(...cells.map((row) => row[column]?.length ?? 0)),
    right: rows.length > 0 && rows.every((row) => typeof row[column] === 'number'),
  }));
  return cells
    .map((row) =>
      columns
        .map(({ width, right }, column) =>
          right ? (row[column] ?? '').padStart(width) : (row[column] ?? '').padEnd(width),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Names and values, a pair per line. */
export function formatPairs(pairs: Readonly<Record<string, Cell>>): string {
  const width = Math.max(0, ...Object.keys(pairs).map((name) => name.length));
  return Object.entries(pairs)
    .map(([name, value]) => `${name.padEnd(width)}  ${value}`)
    .join('\n');
}
