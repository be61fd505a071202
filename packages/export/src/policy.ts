import { createGenerator } from '@meow-rl/random';
import type { InferenceSession, Tensor as OrtTensor, TensorConstructor } from 'onnxruntime-common';

import { decodePolicyFile } from './decode-file.ts';
import { PolicyFileError } from './errors.ts';
import type { FileMetadata } from './metadata.ts';

/** What is needed of an onnxruntime package. */
export interface PolicyEngine {
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
   * @throws PolicyFileError if an input is missing or the rows do not fit
   */
  run(inputs: Readonly<Record<string, Float32Array>>): Promise<Readonly<Record<string, Float32Array>>>;
  dispose(): Promise<void>;
}

/** A deployed policy. */
export interface Policy {
  readonly metadata: FileMetadata;
  /**
   * Actions in the environment's units: deterministic ones, or sampled ones of {@link openSampledPolicy}.
   *
   * @param observations [rows, O], row-major
   * @returns [rows, A]
   * @throws PolicyFileError if the length is no multiple of O
   */
  act(observations: Float32Array): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/**
 * Opens one of an export's ONNX files.
 *
 * @param where names the file in messages
 * @throws PolicyFileError if the bytes are no ONNX model, not one of this project, damaged or changed
 */
export async function openPolicyFile(
  bytes: Uint8Array,
  { InferenceSession: Session, Tensor }: PolicyEngine,
  where = 'policy',
): Promise<PolicySession> {
  const { model, metadata } = decodePolicyFile(bytes, where);
  const widths = new Map(
    model.graph.input.map(({ name, type }) => [name, Number(type.tensorType.shape.dim[1]?.dimValue ?? 1n)]),
  );
  let session: InferenceSession;
  try {
    session = await Session.create(bytes, {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 4,
    });
  } catch (error) {
    throw new PolicyFileError(
      `${where}: the engine refuses it, the file is damaged or needs a newer onnxruntime. Export it again.`,
      { cause: error },
    );
  }
  const toTensor = (name: string, data: Float32Array | undefined): OrtTensor => {
    const width = widths.get(name) ?? 1;
    if (!data || data.length === 0 || data.length % width !== 0)
      throw new PolicyFileError(
        `${where}: input ${name} has ${data?.length ?? 0} entries, expected one or more rows of ${width}.`,
      );
    return new Tensor('float32', data, [data.length / width, width]);
  };
  return {
    metadata,
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    run: async (inputs) => {
      const feeds = Object.fromEntries(
        session.inputNames.map((name) => [name, toTensor(name, inputs[name])]),
      );
      const rows = new Set(Object.values(feeds).map(({ dims }) => dims[0]));
      if (rows.size > 1)
        throw new PolicyFileError(
          `${where}: inputs have different numbers of rows (${[...rows].join(', ')}). Give one per observation.`,
        );
      const results = await session.run(feeds);
      return Object.fromEntries(
        session.outputNames.map((name) => {
          const data = results[name]?.data;
          return [name, data instanceof Float32Array ? data.slice() : new Float32Array()];
        }),
      );
    },
    dispose: async () => {
      await session.release();
    },
  };
}

/**
 * Opens `policy.onnx` for acting.
 *
 * @throws PolicyFileError if the bytes are no policy of this project
 */
export async function openPolicy(
  bytes: Uint8Array,
  engine: PolicyEngine,
  where = 'policy.onnx',
): Promise<Policy> {
  const session = await openPolicyFile(bytes, engine, where);
  if (session.inputNames.join() !== 'observation' || !session.outputNames.includes('action')) {
    await session.dispose();
    throw new PolicyFileError(
      `${where}: expected the input observation and the output action, got ${session.inputNames.join(', ')} and ${session.outputNames.join(', ')}. Give policy.onnx of an export.`,
    );
  }
  return {
    metadata: session.metadata,
    act: async (observations) =>
      (await session.run({ observation: observations }))['action'] ?? new Float32Array(),
    dispose: () => session.dispose(),
  };
}

/**
 * Opens `policy-stochastic.onnx` for acting: its actions are sampled.
 *
 * @param seed of the noise, which all calls draw from one generator, in their order
 * @throws PolicyFileError if the bytes are no stochastic policy of this project
 */
export async function openSampledPolicy(
  bytes: Uint8Array,
  engine: PolicyEngine,
  seed: number,
  where = 'policy-stochastic.onnx',
): Promise<Policy> {
  const session = await openPolicyFile(bytes, engine, where);
  const { inputNames, outputNames, metadata } = session;
  if (inputNames.toSorted().join() !== 'noise,observation' || !outputNames.includes('action')) {
    await session.dispose();
    throw new PolicyFileError(
      `${where}: expected the inputs observation and noise and the output action, got ${inputNames.join(', ')} and ${outputNames.join(', ')}. Give policy-stochastic.onnx of an export.`,
    );
  }
  const { observationSpace, actionSpace } = metadata;
  const generator = createGenerator(seed);
  return {
    metadata,
    act: async (observations) => {
      const noise = new Float32Array(
        Math.floor(observations.length / observationSpace.size) * actionSpace.size,
      );
      generator.fillNormal(noise);
      return (await session.run({ observation: observations, noise }))['action'] ?? new Float32Array();
    },
    dispose: () => session.dispose(),
  };
}
