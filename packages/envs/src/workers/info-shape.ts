/**
 * What an info looks like apart from its numbers: the kind of a value, a `Float64Array` of so many entries, or the
 * fields of a plain object in order.
 *
 * An info of known shape is only numbers, so it needs no message. Truth values are numbers too.
 */
export type InfoShape =
  | 'number'
  | 'boolean'
  | 'undefined'
  | 'null'
  | { readonly kind: 'Float64Array'; readonly length: number }
  | readonly (readonly [name: string, shape: InfoShape])[];

/**
 * The shape of a value, or undefined if something in it is neither number, truth value, nothing, `Float64Array`, nor
 * plain object.
 */
export function shapeOf(value: unknown): InfoShape | undefined {
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'boolean';
  if (value === undefined) return 'undefined';
  if (value === null) return 'null';
  if (value instanceof Float64Array) return { kind: 'Float64Array', length: value.length };
  if (!isPlainObject(value)) return undefined;
  const fields: [string, InfoShape][] = [];
  for (const [name, part] of Object.entries(value)) {
    const shape = shapeOf(part);
    if (shape === undefined) return undefined;
    fields.push([name, shape]);
  }
  return fields;
}

/** How many numbers a value of that shape has. */
export function numbersIn(shape: InfoShape): number {
  if (typeof shape === 'string') return shape === 'number' || shape === 'boolean' ? 1 : 0;
  if ('kind' in shape) return shape.length;
  return shape.reduce((sum, [, part]) => sum + numbersIn(part), 0);
}

/**
 * Writes the numbers of `value` from `at` on.
 *
 * @returns the place behind them, or -1 if `value` has another shape
 */
export function writeNumbers(shape: InfoShape, value: unknown, out: Float64Array, at: number): number {
  if (shape === 'number' || shape === 'boolean') {
    if (typeof value !== shape) return -1;
    out[at] = Number(value);
    return at + 1;
  }
  if (shape === 'undefined') return value === undefined ? at : -1;
  if (shape === 'null') return value === null ? at : -1;
  if ('kind' in shape) {
    if (!(value instanceof Float64Array) || value.length !== shape.length) return -1;
    out.set(value, at);
    return at + shape.length;
  }
  if (!isPlainObject(value)) return -1;
  let next = at;
  let index = 0;
  // Cheaper than Object.entries; a plain object inherits nothing that could be enumerated.
  for (const name in value) {
    const field = shape[index];
    if (field === undefined || field[0] !== name) return -1;
    next = writeNumbers(field[1], value[name], out, next);
    if (next < 0) return -1;
    index += 1;
  }
  return index === shape.length ? next : -1;
}

/** The value whose numbers {@link writeNumbers} wrote, and the place behind them. */
export function readNumbers(
  shape: InfoShape,
  numbers: Float64Array,
  at: number,
): [value: unknown, at: number] {
  if (shape === 'number') return [numbers[at], at + 1];
  if (shape === 'boolean') return [numbers[at] === 1, at + 1];
  if (shape === 'undefined') return [undefined, at];
  if (shape === 'null') return [null, at];
  if ('kind' in shape) {
    const behind = at + shape.length;
    return [numbers.slice(at, behind), behind];
  }
  const value: Record<string, unknown> = {};
  let next = at;
  for (const [name, part] of shape) [value[name], next] = readNumbers(part, numbers, next);
  return [value, next];
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
