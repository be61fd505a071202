/**
 * The bytes of float32 numbers, sorted: of [rows, columns] numbers the first byte of every number, column by column,
 * then the second of every number, and so on. Signs and exponents hardly change from row to row, so that they shrink to
 * little when they lie side by side.
 *
 * Reference: the shuffle filter of HDF5.
 */
export function toBytePlanes(values: Float32Array, columns: number): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(4));
  const planes = new Uint8Array(4 * values.length);
  forEachPlace(values.length, columns, (from, to) => {
    view.setFloat32(0, values[from] ?? Number.NaN);
    for (let byte = 0; byte < 4; byte += 1) planes[byte * values.length + to] = view.getUint8(byte);
  });
  return planes;
}

/** The numbers that {@link toBytePlanes} sorted. */
export function fromBytePlanes(planes: Uint8Array, columns: number): Float32Array {
  const view = new DataView(new ArrayBuffer(4));
  const values = new Float32Array(planes.length / 4);
  forEachPlace(values.length, columns, (from, to) => {
    for (let byte = 0; byte < 4; byte += 1) view.setUint8(byte, planes[byte * values.length + to] ?? 0);
    values[from] = view.getFloat32(0);
  });
  return values;
}

/** Calls `visit` with every number's place in rows and in columns. */
function forEachPlace(length: number, columns: number, visit: (inRows: number, inColumns: number) => void) {
  const rows = length / columns;
  for (let column = 0; column < columns; column += 1)
    for (let row = 0; row < rows; row += 1) visit(row * columns + column, column * rows + row);
}
