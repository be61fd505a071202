import { DataError, GraphError } from './errors.ts';
import { reshape } from './ops/layout.ts';
import { split } from './ops/partition.ts';
import { formatShape, sizeOfShape } from './shape.ts';
import type { Tensor } from './tensor.ts';

/** A parameter by its name, such as `prior.0.weight`, with its shape. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Looks up a parameter's tensor by name; throws GraphError for a name that does not exist. */
export type Parameters = (name: string) => Tensor;

/** Values of parameters by name, row-major. */
export type ParameterValues = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>
>;

/** Where each parameter lies in one flat vector, which optimizers and target averaging treat as a whole. */
export interface ParameterLayout {
  readonly specs: readonly ParameterSpec[];
  /** Number of elements of the flat vector. */
  readonly size: number;
  /** The parameters in a flat tensor [size]. */
  readonly unpack: (flat: Tensor) => Parameters;
  /** Named values as the flat vector; throws DataError if one is missing, unknown or of another shape. */
  readonly flatten: (values: ParameterValues) => Float32Array;
  /** The flat vector's parts by name. */
  readonly unflatten: (
    flat: ArrayLike<number>,
  ) => Record<string, { shape: readonly number[]; data: Float32Array | Float64Array }>;
}

/**
 * Lays parameters out in one flat vector, in the order given.
 *
 * @throws GraphError if a name occurs twice
 */
export function parameterLayout(specs: readonly ParameterSpec[]): ParameterLayout {
  const sizes = specs.map(({ shape }) => sizeOfShape(shape));
  const size = sizes.reduce((total, length) => total + length, 0);
  const offsets = sizes.map((_, i) => sizes.slice(0, i).reduce((total, length) => total + length, 0));
  const names = new Set(specs.map(({ name }) => name));
  if (names.size !== specs.length)
    throw new GraphError('parameterLayout: two parameters have the same name. Give each network its own.');
  return {
    specs,
    size,
    unpack: (flat) => {
      const parts = split(
        flat,
        sizes,
        0,
        specs.map(({ name }) => name),
      );
      const tensors = new Map(
        specs.flatMap(({ name, shape }, i) => {
          const part = parts[i];
          return part ? [[name, reshape(part, shape)] as const] : [];
        }),
      );
      return (name) => {
        const tensor = tensors.get(name);
        if (!tensor) throw new GraphError(`unknown parameter ${name}.`);
        return tensor;
      };
    },
    flatten: (values) => {
      const unknown = Object.keys(values).find((name) => !names.has(name));
      if (unknown !== undefined) throw new DataError(`flatten: unknown parameter ${unknown}.`);
      const flat = new Float32Array(size);
      specs.forEach(({ name, shape }, i) => {
        const value = values[name];
        if (!value || formatShape(value.shape) !== formatShape(shape) || value.data.length !== sizes[i])
          throw new DataError(
            `flatten: parameter ${name} must be ${formatShape(shape)}, got ${value ? `${formatShape(value.shape)} with ${value.data.length} elements` : 'nothing'}.`,
          );
        flat.set(value.data, offsets[i] ?? 0);
      });
      return flat;
    },
    unflatten: (flat) => {
      if (flat.length !== size)
        throw new DataError(`unflatten: the vector has ${flat.length} elements, expected ${size}.`);
      const all = flat instanceof Float64Array ? flat : Float32Array.from(flat);
      return Object.fromEntries(
        specs.map(({ name, shape }, i) => {
          const start = offsets[i] ?? 0;
          return [name, { shape, data: all.slice(start, start + (sizes[i] ?? 0)) }];
        }),
      );
    },
  };
}
