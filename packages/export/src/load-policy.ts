import { engines, readBytes } from '#platform';
import { useWasmThreads } from '@meow-rl/graph/onnxruntime';
import { createGenerator, entropySeed } from '@meow-rl/random';

import { importEngine } from './engine.ts';
import type { EngineInfo, EngineName, PolicyEngine } from './engine.ts';
import { PolicyFileError } from './errors.ts';
import { POLICY_FILES } from './file-names.ts';
import type { PolicyFile } from './file-names.ts';
import type { FileMetadata } from './metadata.ts';
import { openPolicyFile } from './policy-session.ts';
import type { PolicySession } from './policy-session.ts';

/** A file's bytes, its path in Node, or its address. */
export type PolicySource = string | URL | Uint8Array | ArrayBuffer;

/** Files of one export: `policy` to `act`, `stochastic` to `sample`, `critic` for `value`. */
export type PolicySources = Readonly<Partial<Record<PolicyFile, PolicySource>>>;

export interface LoadPolicyOptions {
  /** Default: in Node onnxruntime-node, or onnxruntime-web if that alone is installed; in browsers onnxruntime-web on WebAssembly. */
  readonly engine?: EngineName | PolicyEngine;
  /** Threads inside an operator; default 1, which is the fastest for few observations. */
  readonly threads?: number;
  /** Of the noise of `sample`, which all calls draw from one generator, in their order. Default: another one each time. */
  readonly seed?: number;
}

/** A deployed policy. Calls may overlap; what they return is the caller's. */
export interface Policy {
  readonly metadata: FileMetadata;
  readonly engine: EngineInfo;
  /**
   * Deterministic actions in the environment's units.
   *
   * @param observations [rows, O], row-major
   * @returns [rows, A]
   * @throws RangeError if the length is no multiple of O, or a number is not finite
   * @throws PolicyFileError without `policy.onnx`
   */
  act(observations: Float32Array): Promise<Float32Array>;
  /**
   * Actions drawn from the policy.
   *
   * @param observations [rows, O], row-major
   * @returns [rows, A]
   * @throws RangeError if the length is no multiple of O, or a number is not finite
   * @throws PolicyFileError without `policy-stochastic.onnx`
   */
  sample(observations: Float32Array): Promise<Float32Array>;
  /**
   * What the critic gives, by the names that the agent gives it: `q1`, `q2`, `value`, [rows] each.
   *
   * @param observations [rows, O], row-major
   * @param actions [rows, A], in the environment's units
   * @throws RangeError if the rows do not fit, or a number is not finite
   * @throws PolicyFileError without `critic.onnx`
   */
  value(observations: Float32Array, actions: Float32Array): Promise<Readonly<Record<string, Float32Array>>>;
  /** Frees the engine's memory; later calls throw. */
  dispose(): Promise<void>;
}

/** Inputs of each file, in alphabetical order. */
const INPUTS = {
  policy: ['observation'],
  stochastic: ['noise', 'observation'],
  critic: ['action', 'observation'],
} as const;

const KINDS = Object.keys(POLICY_FILES) as PolicyFile[];

const isOneSource = (sources: PolicySource | PolicySources): sources is PolicySource =>
  typeof sources === 'string' ||
  sources instanceof URL ||
  sources instanceof Uint8Array ||
  sources instanceof ArrayBuffer;

async function bytesOf(source: PolicySource, kind: PolicyFile): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  try {
    return await readBytes(source);
  } catch (error) {
    throw new PolicyFileError(
      `${String(source)}: it cannot be read: ${error instanceof Error ? error.message : String(error)}. Give the path or the address of a ${POLICY_FILES[kind]}.`,
      { cause: error },
    );
  }
}

/** Fails unless a file is of a kind, and loads what the engine loads at the first run only. */
async function warmUp(session: PolicySession, kind: PolicyFile, where: string): Promise<void> {
  const { inputNames, outputNames, metadata } = session;
  const fits = inputNames.toSorted().join() === INPUTS[kind].join();
  if (!fits || (kind !== 'critic' && !outputNames.includes('action')))
    throw new PolicyFileError(
      `${where}: expected the ${kind === 'policy' ? 'input' : 'inputs'} ${INPUTS[kind].join(', ')}${kind === 'critic' ? '' : ' and the output action'}, got ${inputNames.join(', ')} and ${outputNames.join(', ')}. Give ${POLICY_FILES[kind]} of an export.`,
    );
  const rows = inputNames.map((name) => {
    const { size } = name === 'observation' ? metadata.observationSpace : metadata.actionSpace;
    return [name, new Float32Array(size)] as const;
  });
  await session.run(Object.fromEntries(rows));
}

const actionOf = ({ action }: Readonly<Record<string, Float32Array>>): Float32Array =>
  action ?? new Float32Array();

/** What makes files those of one export. */
const origin = ({ algorithm, environment, trainingSteps, observationSpace, actionSpace }: FileMetadata) =>
  `${algorithm} in ${environment} after ${trainingSteps} steps, ${observationSpace.size} observations and ${actionSpace.size} actions`;

/**
 * Loads an exported policy and runs it once, so that the first action is as fast as the others.
 *
 * @param sources `policy.onnx` as bytes, path or address, or several files of one export by kind
 * @throws PolicyFileError if a file is missing, damaged, of another program, kind or export
 * @throws EngineError if there is no engine
 * @throws RangeError for a number of threads that the engine cannot have
 */
export async function loadPolicy(
  sources: PolicySource | PolicySources,
  options: LoadPolicyOptions = {},
): Promise<Policy> {
  const { threads = 1, seed = entropySeed() } = options;
  const files: PolicySources = isOneSource(sources) ? { policy: sources } : sources;
  const given = KINDS.flatMap((kind) => {
    const source = files[kind];
    return source === undefined ? [] : [{ kind, source }];
  });
  if (given.length === 0)
    throw new PolicyFileError(
      `loadPolicy: no file is given. Give a policy.onnx, or files by kind: ${KINDS.join(', ')}.`,
    );
  const contents = await Promise.all(
    given.map(async ({ kind, source }) => ({
      kind,
      where: typeof source === 'string' || source instanceof URL ? String(source) : POLICY_FILES[kind],
      bytes: await bytesOf(source, kind),
    })),
  );
  const { engine } = options;
  const { name, ort, executionProvider } =
    typeof engine === 'object' ? engine : await importEngine(engines, engine);
  if (executionProvider === 'wasm') useWasmThreads('loadPolicy', ort.env.wasm, threads);
  else if (!Number.isInteger(threads) || threads < 1)
    throw new RangeError(`loadPolicy: threads must be a whole number >= 1, got ${threads}.`);

  const sessions = new Map<PolicyFile, PolicySession>();
  const dispose = async (): Promise<void> => {
    for (const session of sessions.values()) await session.dispose();
  };
  try {
    // One after the other: engines in WebAssembly start once.
    for (const { kind, where, bytes } of contents) {
      const session = await openPolicyFile(bytes, ort, where, {
        executionProviders: [executionProvider],
        intraOpNumThreads: threads,
      });
      sessions.set(kind, session);
      await warmUp(session, kind, where);
    }
  } catch (error) {
    await dispose();
    throw error;
  }
  const [first, ...others] = [...sessions.values()];
  if (!first) throw new PolicyFileError('loadPolicy: no file is given.');
  const { metadata } = first;
  const stranger = others.find((session) => origin(session.metadata) !== origin(metadata));
  if (stranger) {
    await dispose();
    throw new PolicyFileError(
      `loadPolicy: the files are of different exports: ${origin(metadata)}, and ${origin(stranger.metadata)}. Give files of one folder.`,
    );
  }

  const sessionOf = (kind: PolicyFile, method: string): PolicySession => {
    const session = sessions.get(kind);
    if (session) return session;
    throw new PolicyFileError(
      `${method}: ${POLICY_FILES[kind]} is not loaded. Give it too: loadPolicy({ ${kind}: '${POLICY_FILES[kind]}' }).`,
    );
  };
  const generator = createGenerator(seed);
  return {
    metadata,
    engine: { name, executionProvider, threads },
    act: async (observation) => actionOf(await sessionOf('policy', 'act').run({ observation })),
    sample: async (observation) => {
      const session = sessionOf('stochastic', 'sample');
      const rows = Math.floor(observation.length / metadata.observationSpace.size);
      const noise = new Float32Array(rows * metadata.actionSpace.size);
      generator.fillNormal(noise);
      return actionOf(await session.run({ observation, noise }));
    },
    value: async (observation, action) => sessionOf('critic', 'value').run({ observation, action }),
    dispose,
  };
}
