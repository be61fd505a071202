import { DataError } from '../../errors.ts';

/** What is used of a tensor of TensorFlow.js. */
export interface TfjsTensor {
  readonly shape: readonly number[];
  readonly dtype: string;
  data(): Promise<ArrayLike<number> | readonly string[]>;
  dataSync(): ArrayLike<number> | readonly string[];
  clone(): TfjsTensor;
  dispose(): void;
}

/** What kernels are called with, and give. */
export interface TensorInfo {
  readonly dataId: object;
  readonly shape: number[];
  readonly dtype: 'float32' | 'int32' | 'bool' | 'complex64' | 'string';
}

/** A kernel that is added to a backend. */
interface KernelConfig {
  readonly kernelName: string;
  readonly backendName: string;
  kernelFunc(call: {
    readonly inputs: Readonly<Record<string, TensorInfo | undefined>>;
    readonly backend: object;
    readonly attrs?: Readonly<Record<string, unknown>> | undefined;
  }): TensorInfo | TensorInfo[];
}

/** Inputs of a kernel: by its names for them, or a list where it takes one. */
export type KernelInputs = Readonly<Record<string, TfjsTensor>> | readonly TfjsTensor[];

/** What is used of the engine behind a module of TensorFlow.js. */
interface TfjsEngine {
  runKernel(
    name: string,
    inputs: KernelInputs,
    attributes?: Readonly<Record<string, unknown>>,
  ): TfjsTensor | TfjsTensor[];
  makeTensor(
    values: Float32Array | Int32Array | Uint8Array,
    shape: number[],
    dtype: 'float32' | 'int32' | 'bool',
    backend?: object,
  ): TfjsTensor;
}

/** What is needed of TensorFlow.js: `@tensorflow/tfjs-core`, `@tensorflow/tfjs` and `@tensorflow/tfjs-node` all have it. */
export interface TfjsModule {
  readonly version_core: string;
  engine(): TfjsEngine;
  getBackend(): string;
  setBackend(name: string): Promise<boolean>;
  findBackend(name: string): object | null;
  getKernel(name: string, backend: string): unknown;
  registerKernel(config: KernelConfig): void;
}

/** The version of TensorFlow.js whose kernels are used. */
const MAJOR_VERSION = 4;

/**
 * Checks that a module is TensorFlow.js with a backend.
 *
 * @returns the backend's name
 * @throws DataError if it is something else, of another version, or the backend isn't loaded
 */
export function requireBackend(tf: Partial<TfjsModule>, wanted: string | undefined): string {
  const { version_core: version, getBackend, findBackend } = tf;
  if (typeof version !== 'string' || typeof getBackend !== 'function' || typeof findBackend !== 'function')
    throw new DataError(
      'tfjsRuntime: expected the module TensorFlow.js, got another. Give what `import * as tf from "@tensorflow/tfjs-core"` gives.',
    );
  if (Number.parseInt(version, 10) !== MAJOR_VERSION)
    throw new DataError(
      `tfjsRuntime: expected TensorFlow.js ${MAJOR_VERSION}, got ${version}. Run npm install @tensorflow/tfjs-core@${MAJOR_VERSION}.`,
    );
  // Undefined before there is one, whatever its type says.
  const current: string | undefined = getBackend();
  const name = wanted ?? current;
  if (name === undefined || name === '')
    throw new DataError(
      'tfjsRuntime: TensorFlow.js has no backend. Import one, such as @tensorflow/tfjs-backend-wasm, and await tf.setBackend("wasm") first.',
    );
  if (!findBackend(name))
    throw new DataError(
      `tfjsRuntime: the backend ${name} of TensorFlow.js is not loaded. Import its package and await tf.setBackend("${name}") first.`,
    );
  return name;
}
