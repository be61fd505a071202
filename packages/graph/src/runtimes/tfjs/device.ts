import { DataError } from '../../errors.ts';
import type { DType } from '../../tensor-type.ts';
import type { TfjsEmitter } from '../../tfjs/emitter.ts';
import { requireBackend } from './module.ts';
import type { KernelInputs, TfjsModule, TfjsTensor } from './module.ts';
import { registerWasmKernels, WASM_SLICE, wasmEmitter } from './wasm-kernels.ts';

export interface TfjsOptions {
  /** Which of the module's loaded backends; default the one that it has set. */
  readonly backend?: string;
  /** How the runtime is called in messages; default `tfjs-` and the backend's name, of Node's `tfjs-node` or `tfjs-node-gpu`. */
  readonly name?: string;
}

/** One backend of a module of TensorFlow.js. */
export interface Device {
  /** What the runtime is called. */
  readonly name: string;
  /** The kernel that cuts a part out of a tensor. */
  readonly slice: string;
  /** Has kernels called in another way than operators' forms say, where the backend needs it. */
  adapt(emit: TfjsEmitter): TfjsEmitter;
  /**
   * Copies numbers to a tensor.
   *
   * @param what the numbers are, and of which call, for messages
   * @throws DataError for whole numbers that are too large
   */
  makeTensor(data: ArrayLike<number>, shape: readonly number[], dtype: DType, what: string): TfjsTensor;
  hasKernel(kernel: string): boolean;
  /** Calls a kernel, inside of `use`. */
  runKernel(
    kernel: string,
    inputs: KernelInputs,
    attributes: Readonly<Record<string, unknown>>,
  ): readonly TfjsTensor[];
  /** Computes with the kernels of this backend: the module's own one may be another. */
  use<T>(compute: () => T): T;
}

/** TensorFlow.js has whole numbers of 32 bits only. */
function int32(numbers: ArrayLike<number>, what: string): Int32Array {
  const values = Int32Array.from(numbers);
  const wrong = Array.from(numbers).find((number, i) => number !== values[i]);
  if (wrong !== undefined)
    throw new DataError(
      `${what} has ${wrong}. TensorFlow.js has whole numbers from ${-(2 ** 31)} to ${2 ** 31 - 1} only.`,
    );
  return values;
}

/** What the runtime of a backend is called. */
function runtimeName(tf: TfjsModule, backend: string): string {
  if (backend !== 'tensorflow') return `tfjs-${backend}`;
  const node = tf.findBackend(backend);
  return node && 'isUsingGpuDevice' in node && node.isUsingGpuDevice === true ? 'tfjs-node-gpu' : 'tfjs-node';
}

/**
 * Makes the device of a module's backend.
 *
 * @throws DataError if it isn't TensorFlow.js 4, or the backend isn't loaded
 */
export function openDevice(tf: TfjsModule, options: TfjsOptions): Device {
  const backend = requireBackend(tf, options.backend);
  const isWasm = backend === 'wasm';
  if (isWasm) registerWasmKernels(tf);
  const engine = tf.engine();
  const instance = tf.findBackend(backend) ?? undefined;
  return {
    name: options.name ?? runtimeName(tf, backend),
    slice: isWasm ? WASM_SLICE : 'Slice',
    adapt: isWasm ? wasmEmitter : (emit) => emit,
    makeTensor: (data, shape, dtype, what) => {
      // Copies, as some backends keep the array that they are given.
      if (dtype === 'int64') return engine.makeTensor(int32(data, what), [...shape], 'int32', instance);
      return dtype === 'bool'
        ? engine.makeTensor(Uint8Array.from(data), [...shape], 'bool', instance)
        : engine.makeTensor(Float32Array.from(data), [...shape], 'float32', instance);
    },
    hasKernel: (kernel) => Boolean(tf.getKernel(kernel, backend)),
    runKernel: (kernel, inputs, attributes) => {
      const made = engine.runKernel(kernel, inputs, attributes);
      return Array.isArray(made) ? made : [made];
    },
    use: (compute) => {
      const before = tf.getBackend();
      if (before === backend) return compute();
      // One that is loaded is set at once.
      void tf.setBackend(backend);
      try {
        return compute();
      } finally {
        void tf.setBackend(before);
      }
    },
  };
}
