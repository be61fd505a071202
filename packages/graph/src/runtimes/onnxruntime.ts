import type { InferenceSession, Tensor as OrtTensor, TensorConstructor } from 'onnxruntime-common';

import { DataError } from '../errors.ts';
import { nextName, serialize } from '../onnx/serialize.ts';
import { optimize } from '../passes/optimize.ts';
import { entries } from '../program.ts';
import type { Program } from '../program.ts';
import { bindAxes, checkSharedShape, checkStateValue, resolveShape } from '../runtime.ts';
import type { Executable, FloatArray, InputData, LoadOptions, Runtime } from '../runtime.ts';
import { product } from '../ndarray.ts';
import type { DType, TensorType } from '../tensor.ts';

/** What is needed of an onnxruntime package, whichever engine is behind it. */
export interface OnnxRuntimeModule {
  readonly InferenceSession: {
    create(model: Uint8Array, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: TensorConstructor;
}

/** One state: the buffer that runs read and the one that the next run writes. They change places after each run. */
interface Cell {
  current: OrtTensor;
  spare: OrtTensor;
}

const cells = new WeakMap<object, Map<string, Cell>>();

const float32 = (tensor: OrtTensor): Float32Array => {
  if (tensor.data instanceof Float32Array) return tensor.data;
  throw new DataError(`expected float32 data, got ${tensor.type}.`);
};

function toFloats(tensor: OrtTensor): Float32Array {
  const { data } = tensor;
  if (data instanceof Float32Array) return data;
  if (data instanceof BigInt64Array) return Float32Array.from(data, Number);
  if (data instanceof Uint8Array) return Float32Array.from(data);
  throw new DataError(`cannot read an output of type ${tensor.type}.`);
}

/**
 * Makes a runtime from an onnxruntime package.
 *
 * @param name how it is called in messages
 * @param sessionOptions handed to each session
 */
export function onnxRuntime(
  name: string,
  { InferenceSession: Session, Tensor }: OnnxRuntimeModule,
  sessionOptions: InferenceSession.SessionOptions,
): Runtime {
  const allocate = (dtype: DType, shape: readonly number[]): OrtTensor => {
    const size = product(shape);
    if (dtype === 'int64') return new Tensor('int64', new BigInt64Array(size), shape);
    if (dtype === 'bool') return new Tensor('bool', new Uint8Array(size), shape);
    return new Tensor('float32', new Float32Array(size), shape);
  };

  const wrapInput = (data: InputData, dtype: DType, shape: readonly number[]): OrtTensor => {
    if (dtype === 'int64')
      return new Tensor(
        'int64',
        BigInt64Array.from(Array.from(data), (value) => BigInt(value)),
        shape,
      );
    if (dtype === 'bool') return new Tensor('bool', Uint8Array.from(data), shape);
    return new Tensor('float32', data instanceof Float32Array ? data : Float32Array.from(data), shape);
  };

  async function load<I extends string, S extends string, O extends string>(
    program: Program<I, S, O>,
    { stateFrom }: LoadOptions = {},
  ): Promise<Executable<I, S, O>> {
    const shared = stateFrom ? cells.get(stateFrom) : undefined;
    if (stateFrom && !shared)
      throw new DataError(
        `stateFrom: the other executable was not loaded by ${name}. Load both by one runtime.`,
      );
    const own = new Map(
      entries(program.state).map(([key, { shape, initial }]): [string, Cell] => {
        const found = shared?.get(key);
        if (found) {
          checkSharedShape(key, shape, found.current.dims);
          return [key, found];
        }
        const current = new Tensor('float32', Float32Array.from(initial), shape);
        return [key, { current, spare: allocate('float32', shape) }];
      }),
    );
    const session = await Session.create(serialize(optimize(program)), sessionOptions);
    const changing = entries(program.state).flatMap(([key, { next }]) => (next ? [key] : []));
    // Outputs are written into the same buffers while the lengths of named axes stay the same.
    const outputBuffers = new Map<string, OrtTensor>();
    let running = false;
    let disposed = false;

    const cell = (key: string): Cell => {
      const found = own.get(key);
      if (!found || disposed)
        throw new DataError(disposed ? 'the executable was disposed of.' : `unknown state ${key}.`);
      return found;
    };
    const outputBuffer = (
      key: string,
      type: TensorType,
      axes: ReadonlyMap<string, number>,
    ): OrtTensor | null => {
      const shape = resolveShape(type.shape, axes);
      if (!shape) return null;
      const before = outputBuffers.get(key);
      if (before && before.dims.every((dim, axis) => dim === shape[axis])) return before;
      const buffer = allocate(type.dtype, shape);
      outputBuffers.set(key, buffer);
      return buffer;
    };
    const collectFeeds = (inputs: Readonly<Record<I, InputData>>, axes: ReadonlyMap<string, number>) => {
      const feeds: Record<string, OrtTensor> = {};
      for (const [key, { dtype, shape }] of entries(program.inputs))
        feeds[key] = wrapInput(inputs[key], dtype, resolveShape(shape, axes) ?? []);
      for (const [key, { current }] of own) feeds[key] = current;
      return feeds;
    };
    const collectFetches = (axes: ReadonlyMap<string, number>) => {
      const fetches: Record<string, OrtTensor | null> = {};
      for (const [key, type] of entries(program.outputs)) fetches[key] = outputBuffer(key, type, axes);
      for (const key of changing) fetches[nextName(key)] = cell(key).spare;
      return fetches;
    };

    const executable: Executable<I, S, O> = {
      run: async (inputs) => {
        if (disposed) throw new DataError('the executable was disposed of.');
        if (running)
          throw new DataError('run: the previous run has not finished. Await it, or load the program twice.');
        const axes = bindAxes(program, inputs);
        running = true;
        try {
          const results = await session.run(collectFeeds(inputs, axes), collectFetches(axes));
          for (const key of changing) {
            const own = cell(key);
            [own.current, own.spare] = [own.spare, own.current];
          }
          const outputs = entries(program.outputs).map(([key]): [string, FloatArray] => {
            const tensor = results[key];
            return [key, tensor ? toFloats(tensor) : new Float32Array()];
          });
          return Object.fromEntries(outputs) as Record<O, FloatArray>;
        } finally {
          running = false;
        }
      },
      readState: (key) => float32(cell(key).current).slice(),
      writeState: (key, value) => {
        checkStateValue(program, key, value);
        float32(cell(key).current).set(value);
      },
      dispose: async () => {
        if (disposed) return;
        disposed = true;
        await session.release();
      },
    };
    cells.set(executable, own);
    return executable;
  }

  return { name, load };
}
