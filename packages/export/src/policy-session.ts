import { inTurn } from '@meow-rl/graph/onnxruntime';
import type { InferenceSession, Tensor, TensorConstructor } from 'onnxruntime-common';

import { EngineError, PolicyFileError, reasonOf } from './errors.ts';
import type { FileMetadata } from './metadata.ts';
import { readPolicyHeader } from './policy-header.ts';

/** What is needed of an onnxruntime package. */
export interface OnnxRuntimePackage {
  readonly InferenceSession: {
    create(model: Uint8Array, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: TensorConstructor;
}

/** A loaded ONNX file of an export. */
export interface PolicySession {
  readonly metadata: FileMetadata;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * Runs the file.
   *
   * @param inputs by name, row-major with one row per observation
   * @returns outputs by name, in arrays of their own
   * @throws RangeError if an input is missing, the rows do not fit, or a number is not finite in float32
   * @throws EngineError if the engine fails
   */
  run(inputs: Readonly<Record<string, Float32Array>>): Promise<Readonly<Record<string, Float32Array>>>;
  /** Frees the engine's memory once the runs under way are done; later runs throw. Further calls do nothing. */
  dispose(): Promise<void>;
}

/** One input of a run: its rows, or what fills them once those of the other inputs are known and right. */
type InputRows = Float32Array | ((rows: Float32Array) => void);

/** A session whose inputs may be filled late, so that observations that are refused draw no noise. */
export interface FillingSession extends PolicySession {
  run(inputs: Readonly<Record<string, InputRows>>): Promise<Readonly<Record<string, Float32Array>>>;
}

/** One input of a file: `width` numbers for each observation. */
interface Input {
  readonly name: string;
  readonly width: number;
}

/** Tensors that runs of one number of rows take their inputs from. */
interface Feeds {
  readonly rows: number;
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly data: readonly Float32Array[];
}

const SESSION_OPTIONS: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  // Errors are thrown anyway.
  logSeverityLevel: 4,
};

/** How many rows an input has. */
function rowsOf({ name, width }: Input, values: Float32Array | undefined, where: string): number {
  const length = values?.length ?? 0;
  if (length === 0 || length % width !== 0)
    throw new RangeError(
      `${where}: input ${name} has ${length} entries, expected one or more rows of ${width}.`,
    );
  return length / width;
}

/**
 * The number of rows of a run.
 *
 * @throws RangeError unless all inputs are there with as many rows
 */
function commonRows(inputs: readonly Input[], given: Readonly<Record<string, InputRows>>, where: string) {
  let rows = 0;
  for (const input of inputs) {
    const values = given[input.name];
    if (typeof values === 'function') continue;
    const count = rowsOf(input, values, where);
    if (rows > 0 && count !== rows)
      throw new RangeError(
        `${where}: inputs have different numbers of rows (${rows}, ${count}). Give one per observation.`,
      );
    rows = count;
  }
  return rows;
}

function requireFinite({ name, width }: Input, values: Float32Array, where: string): void {
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i]))
      throw new RangeError(
        `${where}: input ${name} has ${values[i]} in entry ${i % width} of row ${Math.floor(i / width)}, expected a finite number. Look at what gave it.`,
      );
}

/**
 * Opens one of an export's ONNX files.
 *
 * @param where names the file in messages
 * @throws PolicyFileError if the bytes are no ONNX model, not one of this project, damaged or changed
 * @throws EngineError if the engine can't run it
 */
export const openPolicyFile = async (
  bytes: Uint8Array,
  ort: OnnxRuntimePackage,
  where = 'policy',
  options: InferenceSession.SessionOptions = {},
): Promise<PolicySession> => openSession(bytes, readPolicyHeader(bytes, where).metadata, ort, where, options);

/** How a file is opened. */
export interface OpenSessionOptions extends InferenceSession.SessionOptions {
  /** Whether the package's calls must not overlap, of all files together; default false. */
  readonly takesTurns?: boolean;
}

/**
 * Opens a file whose header has been read, so that it is not damaged: what an engine refuses is the engine's.
 *
 * @throws EngineError if the engine can't run it
 */
export async function openSession(
  bytes: Uint8Array,
  metadata: FileMetadata,
  { InferenceSession: Session, Tensor: TensorClass }: OnnxRuntimePackage,
  where: string,
  { takesTurns = false, ...options }: OpenSessionOptions,
): Promise<FillingSession> {
  const call = <T>(made: () => Promise<T>): Promise<T> => (takesTurns ? inTurn(Session, made) : made());
  const session = await call(() => Session.create(bytes, { ...SESSION_OPTIONS, ...options })).catch(
    (error: unknown) => {
      throw new EngineError(
        `${where}: the engine can't run it: ${reasonOf(error)}. The file is as it was exported: take another engine, or a newer one.`,
        { cause: error },
      );
    },
  );
  const inputs = session.inputNames.map((name): Input => {
    const space = name === 'observation' ? metadata.observationSpace : metadata.actionSpace;
    return { name, width: space.size };
  });
  const makeFeeds = (rows: number): Feeds => {
    const data = inputs.map(({ width }) => new Float32Array(rows * width));
    const tensors = inputs.map(({ name, width }, i): [string, Tensor] => [
      name,
      new TensorClass('float32', data[i] ?? new Float32Array(), [rows, width]),
    ]);
    return { rows, data, tensors: Object.fromEntries(tensors) };
  };
  // Taken by a run and given back after it, so that runs at the same time have tensors of their own.
  let spare: Feeds | undefined;
  const takeFeeds = (rows: number): Feeds => {
    const feeds = spare?.rows === rows ? spare : makeFeeds(rows);
    spare = undefined;
    return feeds;
  };
  /** Copies what is given, checks it, and has the others filled. */
  const fill = (feeds: Feeds, given: Readonly<Record<string, InputRows>>): void => {
    inputs.forEach((input, i) => {
      const [values, rows] = [given[input.name], feeds.data[i]];
      if (!rows || values === undefined || typeof values === 'function') return;
      rows.set(values);
      // As it is in float32, in which a large number is infinite.
      requireFinite(input, rows, where);
    });
    inputs.forEach(({ name }, i) => {
      const [values, rows] = [given[name], feeds.data[i]];
      if (rows && typeof values === 'function') values(rows);
    });
  };
  let disposed = false;
  let running = 0;
  let onIdle: (() => void) | undefined;

  return {
    metadata,
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    run: async (given) => {
      if (disposed) throw new PolicyFileError(`${where}: it was disposed of. Load it again.`);
      const feeds = takeFeeds(commonRows(inputs, given, where));
      fill(feeds, given);
      running += 1;
      try {
        const results = await call(() => session.run(feeds.tensors));
        const outputs: Record<string, Float32Array> = {};
        for (const name of session.outputNames) {
          const data = results[name]?.data;
          outputs[name] = data instanceof Float32Array ? data : new Float32Array();
        }
        return outputs;
      } catch (error) {
        throw new EngineError(
          `${where}: the engine failed: ${reasonOf(error)}. Take another engine, or a newer one.`,
          {
            cause: error,
          },
        );
      } finally {
        spare = feeds;
        running -= 1;
        if (running === 0) onIdle?.();
      }
    },
    dispose: async () => {
      if (disposed) return;
      disposed = true;
      if (running > 0) await new Promise<void>((resolve) => (onIdle = resolve));
      await call(() => session.release());
    },
  };
}
