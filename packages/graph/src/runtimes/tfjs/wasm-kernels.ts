import { product } from '../../ndarray.ts';
import type { TfjsEmitter, TfjsValue } from '../../tfjs/emitter.ts';
import type { TensorInfo, TfjsModule } from './module.ts';

/** What is used of the WebAssembly backend of TensorFlow.js. */
interface WasmBackend {
  makeOutput(shape: readonly number[], dtype: TensorInfo['dtype']): TensorInfo;
  /** A tensor's numbers in WebAssembly's memory, until more of it is asked for. */
  typedArrayFromHeap(tensor: TensorInfo): Float32Array | Int32Array | Uint8Array;
}

const isWasmBackend = (backend: object): backend is WasmBackend =>
  'makeOutput' in backend && 'typedArrayFromHeap' in backend;

/** Cuts out `size` of an axis from `start` on. The backend's kernels first copy the whole tensor, for each part. */
function part(x: TensorInfo, axis: number, start: number, size: number, backend: WasmBackend): TensorInfo {
  const made = backend.makeOutput(x.shape.with(axis, size), x.dtype);
  const inner = product(x.shape.slice(axis + 1));
  const [from, to] = [(x.shape[axis] ?? 1) * inner, size * inner];
  const [source, target] = [backend.typedArrayFromHeap(x), backend.typedArrayFromHeap(made)];
  for (let row = 0; row * to < target.length; row++) {
    const begin = row * from + start * inner;
    target.set(source.subarray(begin, begin + to), row * to);
  }
  return made;
}

/** Names of the kernels that are added to the backend, in the places of `Slice` and `SplitV`. */
export const WASM_SLICE = 'MeowSlice';
const WASM_SPLIT = 'MeowSplit';

const numbers = (value: unknown): readonly number[] => (Array.isArray(value) ? value.map(Number) : []);

/** Adds kernels to the WebAssembly backend that cut tensors without copying them whole. */
export function registerWasmKernels(tf: TfjsModule): void {
  if (tf.getKernel(WASM_SLICE, 'wasm')) return;
  const register = (
    kernelName: string,
    cut: (x: TensorInfo, attributes: Readonly<Record<string, unknown>>, backend: WasmBackend) => TensorInfo[],
  ): void =>
    tf.registerKernel({
      kernelName,
      backendName: 'wasm',
      kernelFunc: ({ inputs: { x }, attrs = {}, backend }) =>
        x && isWasmBackend(backend) ? cut(x, attrs, backend) : [],
    });
  register(WASM_SLICE, (x, { begin, size }, backend) => {
    const lengths = numbers(size);
    const cutAxes = x.shape.flatMap((length, axis) => (length === lengths[axis] ? [] : [axis]));
    // An operator cuts one axis at most.
    const axis = cutAxes[0] ?? 0;
    return [part(x, axis, numbers(begin)[axis] ?? 0, lengths[axis] ?? 0, backend)];
  });
  register(WASM_SPLIT, (x, { numOrSizeSplits, axis }, backend) => {
    let start = 0;
    return numbers(numOrSizeSplits).map((size) =>
      part(x, Number(axis), (start += size) - size, size, backend),
    );
  });
}

type Inputs = Parameters<TfjsEmitter['kernel']>[1];

const isNamed = (inputs: Inputs): inputs is Readonly<Record<string, TfjsValue>> => !Array.isArray(inputs);

/**
 * What kernels of the WebAssembly backend are called instead of those of the operators' forms.
 *
 * It multiplies transposed matrices five times slower than others, and its Maximum and Minimum pass on NaN of their first input only.
 */
export function wasmEmitter(emit: TfjsEmitter): TfjsEmitter {
  const transposes = new Map<number, TfjsValue>();
  const transposed = (x: TfjsValue): TfjsValue => {
    const value = transposes.get(x.slot) ?? emit.kernel('Transpose', { x }, { perm: [1, 0] });
    transposes.set(x.slot, value);
    return value;
  };
  const withoutNaN = new Set<number>();
  /** 1, or NaN where a value is: c / c of c, whether it is equal to itself. */
  const nanOf = (x: TfjsValue): TfjsValue => {
    const equal = emit.kernel('Equal', { a: x, b: x });
    const c = emit.kernel('Cast', { x: equal }, { dtype: 'float32' });
    return emit.kernel('RealDiv', { a: c, b: c });
  };
  return {
    constant: (data, shape, dtype) => {
      const value = emit.constant(data, shape, dtype);
      if (!Array.from(data).some(Number.isNaN)) withoutNaN.add(value.slot);
      return value;
    },
    kernel: (name, inputs, attributes = {}) => {
      const { a, b } = isNamed(inputs) ? inputs : {};
      if (name === 'BatchMatMul' && a && b && typeof attributes !== 'function') {
        const { transposeA, transposeB } = attributes;
        const operands = { a: transposeA ? transposed(a) : a, b: transposeB ? transposed(b) : b };
        return emit.kernel(name, operands, { transposeA: false, transposeB: false });
      }
      if ((name === 'Maximum' || name === 'Minimum') && a && b && !withoutNaN.has(b.slot))
        return emit.kernel('Multiply', { a: emit.kernel(name, { a, b }), b: nanOf(b) });
      return emit.kernel(name === 'Slice' ? WASM_SLICE : name, inputs, attributes);
    },
    kernelWithOutputs: (name, inputs, outputs, attributes) =>
      emit.kernelWithOutputs(name === 'SplitV' ? WASM_SPLIT : name, inputs, outputs, attributes),
  };
}
