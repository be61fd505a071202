// Measured on Node 20, 256 rows: at width 17 a loop takes 11 us and views 22 us, at width 376 a loop 215 us and views 45 us.
const WIDE = 64;

/** Copies `values[rows[i], :]` to `into[i, :]`. */
export function gatherRows(values: Float32Array, width: number, rows: Int32Array, into: Float32Array): void {
  let to = 0;
  for (const row of rows) {
    const end = (row + 1) * width;
    if (width >= WIDE) {
      into.set(values.subarray(end - width, end), to);
      to += width;
      continue;
    }
    for (let from = end - width; from < end; from += 1) {
      into[to] = values[from] ?? Number.NaN;
      to += 1;
    }
  }
}
