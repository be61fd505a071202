/** log|det| of a square matrix, by LU decomposition with partial pivoting. */
export function logAbsDet(matrix: readonly (readonly number[])[]): number {
  let minor = matrix.map((row) => [...row]);
  let total = 0;
  while (minor.length > 0) {
    const [pivot = [], ...others] = minor.toSorted((a, b) => Math.abs(b[0] ?? 0) - Math.abs(a[0] ?? 0));
    const [head = Number.NaN, ...tail] = pivot;
    total += Math.log(Math.abs(head));
    minor = others.map(([first = Number.NaN, ...row]) =>
      row.map((value, j) => value - (first / head) * (tail[j] ?? Number.NaN)),
    );
  }
  return total;
}
