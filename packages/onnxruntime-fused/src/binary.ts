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
  /** Makes a program that runs without the engine, of numbers as `direct.h` says. */
  createDirect(numbers: BigInt64Array, floats: Float32Array, instructionSet: InstructionSet | ''): object;
  /** Gives one of its inputs, by its number; it stays until it is given anew, and so must its memory. */
  feedDirect(handle: object, value: number, data: TensorData, dims: readonly number[]): void;
  /** Says where a result is written from now on. */
  offerDirect(handle: object, value: number, data: TensorData): void;
  runDirect(handle: object): void;
  releaseDirect(handle: object): void;
  /** Takes Adam's step; `numbers` are those of `adam.h`. Gives the sums of squares of the gradient and of the new parameters. */
  takeAdam(
    gradient: Float32Array,
    mean: Float32Array,
    square: Float32Array,
    parameters: Float32Array,
    target: Float32Array | null,
    numbers: Float32Array,
    instructionSet: InstructionSet | '',
  ): readonly [gradient: number, parameters: number];
  sumOfSquares(vector: Float32Array, instructionSet: InstructionSet | ''): number;
}

const require = createRequire(import.meta.url);
const { platform, arch, env } = process;

/** The package with the compiled addon for this machine, if there is one for machines of its kind. */
const binaryPackage = `@meow-rl/onnxruntime-fused-${platform}-${arch}${platform === 'linux' ? '-gnu' : ''}`;

/** What `meow-build-fused` compiles. */
const compiledHere = fileURLToPath(new URL(`../build/meow-fused-${platform}-${arch}.node`, import.meta.url));

/** Only the repository has the sources, and there `npx` would ask npm's registry for the command. */
const inRepository = existsSync(fileURLToPath(new URL('../src', import.meta.url)));
const buildCommand = inRepository ? 'npm run build' : 'npx meow-build-fused';

/** What to do where there is no addon. */
const noBinary = inRepository
  ? `it is not compiled. Install a C compiler and run ${buildCommand}`
  : `there is no addon for ${platform}-${arch}: the package ${binaryPackage} is not installed, nor was one compiled here. Install that package, or a C compiler and run ${buildCommand}`;

/** The addon in the package for this machine; undefined if that is not installed. */
function installedBinary(): string | undefined {
  try {
    return require.resolve(binaryPackage);
  } catch {
    return undefined;
  }
}

/** Where the addon is: where MEOW_FUSED_BINARY says, else what was compiled here, else what was installed. */
const binaryPath = (): string | undefined =>
  env['MEOW_FUSED_BINARY'] || (existsSync(compiledHere) ? compiledHere : installedBinary());

const libraries: Readonly<Record<string, string>> = {
  linux: 'libonnxruntime.so.1',
  darwin: 'libonnxruntime.1.dylib',
  win32: 'onnxruntime.dll',
};

/** Where onnxruntime-node keeps onnxruntime itself. */
function libraryPath(): string {
  const root = dirname(require.resolve('onnxruntime-node/package.json'));
  return join(root, 'bin', 'napi-v6', platform, arch, libraries[platform] ?? 'onnxruntime');
}

/** What is missing of the fused engine; undefined if it is all there. */
function missing(): string | undefined {
  const binary = binaryPath();
  if (binary === undefined) return noBinary;
  if (!existsSync(binary))
    return `MEOW_FUSED_BINARY names ${binary}, which is not there. Name a compiled addon`;
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
    return missing() ?? `${binaryPath()} can't be loaded (${reason}). Compile it here with ${buildCommand}`;
  }
}

let loaded: Addon | undefined;

/**
 * The addon, with onnxruntime's library open.
 *
 * @throws Error if there is none for this machine, or the library cannot be opened
 */
export function addon(): Addon {
  if (!loaded) {
    const problem = missing();
    if (problem !== undefined) throw new Error(`onnxruntime-fused: ${problem}, or use onnxruntime-node.`);
    const native: Addon = require(binaryPath() ?? binaryPackage);
    native.open(libraryPath());
    loaded = native;
  }
  return loaded;
}
