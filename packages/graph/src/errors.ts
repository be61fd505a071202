/** An operator got arguments whose shapes or dtypes do not fit; raised when the graph is built. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** A graph or program is put together wrongly (unknown names, missing gradients, clashing state). */
export class GraphError extends Error {
  override readonly name = 'GraphError';
}

/** Data handed to a loaded program does not fit what the program declares. */
export class DataError extends Error {
  override readonly name = 'DataError';
}
