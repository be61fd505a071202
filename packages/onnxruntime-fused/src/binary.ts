import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Element data of a tensor. */
export type TensorData = Float32Array | BigInt64Array | Uint8Array;

/** Instructions that the operator's loops are compiled for: what every processor of a kind has, and extensions of x64. */
export type InstructionSet = 'plain' | 'avx2' | 'avx512';

/** A session of the addon. */
export interface NativeSession {
  readonly handle: object;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
}

/** What the addon exports; tensors are passed as data and axes in turn. */
export interface Addon {
  /** Opens onnxruntime's library, unless it is open, and returns its version. */
  open(path: string): string;
  /** Those that the processor has, the fastest first. */
  instructionSets(): readonly InstructionSet[];
  /** With an empty instruction set the fastest one is used. */
  createSession(
    model: Uint8Array,
    threads: number,
    profilePrefix: string,
    instructionSet: InstructionSet | '',
  ): NativeSession;
  /** Gives an input; it stays until it is given anew, and so must its memory. */
  feed(handle: object, input: number, data: TensorData, dims: readonly number[]): void;
  /** Says which outputs runs give, and where; `offered` has data and axes in turn, null where the engine makes room. */
  ask(
    handle: object,
    outputs: readonly number[],
    offered: readonly (TensorData | readonly number[] | null)[],
  ): void;
  /** Gives the outputs that were asked for and that nothing was offered for, in order. */
  run(handle: object): readonly (readonly [data: TensorData, dims: readonly number[]])[];
  release(handle: object): void;
}

const require = createRequire(import.meta.url);
const { platform, arch } = process;
const binary = fileURLToPath(new URL(`../build/meow-fused-${platform}-${arch}.node`, import.meta.url));

const libraries: Readonly<Record<string, string>> = {
  linux: 'libonnxruntime.so.1',
  darwin: 'libonnxruntime.1.dylib',
};

/** Where onnxruntime-node keeps onnxruntime itself. */
function libraryPath(): string {
  const root = dirname(require.resolve('onnxruntime-node/package.json'));
  return join(root, 'bin', 'napi-v6', platform, arch, libraries[platform] ?? 'onnxruntime');
}

/** What is missing of the fused engine; undefined if it is all there. */
function missing(): string | undefined {
  if (!existsSync(binary))
    return `it is not compiled for ${platform}-${arch}. Install a C compiler and run npx meow-build-fused`;
  const library = libraryPath();
  return existsSync(library)
    ? undefined
    : `${library} is missing. Install onnxruntime-node for ${platform}-${arch}`;
}

/** Why the fused engine can't be used here; undefined if it can. */
export function whyUnavailable(): string | undefined {
  try {
    addon();
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return missing() ?? `it can't be loaded (${reason}). Compile it anew with npx meow-build-fused`;
  }
}

let loaded: Addon | undefined;

/**
 * The addon, with onnxruntime's library open.
 *
 * @throws Error if it is not compiled for this machine, or the library cannot be opened
 */
export function addon(): Addon {
  const problem = missing();
  if (problem !== undefined) throw new Error(`onnxruntime-fused: ${problem}, or use onnxruntime-node.`);
  if (!loaded) {
    const native: Addon = require(binary);
    native.open(libraryPath());
    loaded = native;
  }
  return loaded;
}
