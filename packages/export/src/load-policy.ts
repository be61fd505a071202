import { engines } from '#platform';
import { useWasmThreads } from '@meow-rl/graph/onnxruntime';
import type { Box } from '@meow-rl/envs';
import { createGenerator, entropySeed } from '@meow-rl/random';
import type { Generator } from '@meow-rl/random';

import { engineOf } from './engine.ts';
import type { EngineInfo, EngineName, PolicyEngine } from './engine.ts';
import { PolicyFileError } from './errors.ts';
import { POLICY_FILES } from './file-names.ts';
import type { PolicyFile } from './file-names.ts';
import type { FileMetadata } from './metadata.ts';
import { readPolicyHeader } from './policy-header.ts';
import { openSession } from './policy-session.ts';
import type { FillingSession } from './policy-session.ts';
import { readSource } from './read-source.ts';

/** A file's bytes, its path in Node, or its address. */
export type PolicySource = string | URL | Uint8Array | ArrayBuffer;

/** Files of one export: `policy` to `act`, `stochastic` to `sample`, `critic` for `value`. */
export type PolicySources = Readonly<Partial<Record<PolicyFile, PolicySource>>>;

export interface LoadPolicyOptions {
  /** Default: in Node onnxruntime-node, or onnxruntime-web if that alone is installed; in browsers onnxruntime-web on WebAssembly. */
  readonly engine?: EngineName | PolicyEngine;
  /** Threads inside an operator; default 1, which is the fastest for few observations, or as many as onnxruntime-web has in the page already. */
  readonly threads?: number;
  /** Of the noise of `sample`, which all calls draw from one generator, in their order. Default: another one each time. */
  readonly seed?: number;
}

/** What a critic gives, [rows] each, by the names that its algorithm has for them. */
export interface PolicyValues {
  readonly q1?: Float32Array;
  readonly q2?: Float32Array;
  /** Of the states, whatever the actions. */
  readonly value?: Float32Array;
  readonly [name: string]: Float32Array | undefined;
}

/** How a {@link Policy} acts. */
export interface PolicyActOptions {
  /** Whether it takes `policy.onnx`; else it samples, with `policy-stochastic.onnx`. Default: true. */
  readonly deterministic?: boolean;
  /** Draws the noise of sampled actions. Default: the policy's own. */
  readonly generator?: Generator;
}

/** A deployed policy. Calls may overlap; what they return is the caller's. `evaluate` of `@meow-rl/train` plays it as it is. */
export interface Policy {
  readonly metadata: FileMetadata;
  readonly engine: EngineInfo;
  /** O, the entries of an observation. */
  readonly observationSize: number;
  /** A, the entries of an action. */
  readonly actionSize: number;
  /** The environment's units, which its actions are in. */
  readonly actionSpace: Box;
  /**
   * Actions in the environment's units, deterministic ones unless it is told otherwise.
   *
   * @param observations [rows, O], row-major
   * @returns [rows, A]
   * @throws RangeError if the length is no multiple of O, or a number is not finite
   * @throws PolicyFileError without `policy.onnx`, or where it samples without `policy-stochastic.onnx`
   */
  act(observations: Float32Array, options?: PolicyActOptions): Promise<Float32Array>;
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
   * What the critic gives.
   *
   * @param observations [rows, O], row-major
   * @param actions [rows, A], in the environment's units
   * @throws RangeError if the rows do not fit, or a number is not finite
   * @throws PolicyFileError without `critic.onnx`
   */
  value(observations: Float32Array, actions: Float32Array): Promise<PolicyValues>;
  /** Frees the engine's memory once the calls under way are done; later calls throw. */
  dispose(): Promise<void>;
}

/** Inputs of each file, in alphabetical order. */
const INPUTS = {
  policy: ['observation'],
  stochastic: ['noise', 'observation'],
  critic: ['action', 'observation'],
} as const;

const KINDS = Object.keys(POLICY_FILES) as PolicyFile[];

const isOneSource = (sources: unknown): sources is PolicySource =>
  typeof sources === 'string' ||
  sources instanceof URL ||
  sources instanceof Uint8Array ||
  sources instanceof ArrayBuffer;

const describe = (given: unknown): string =>
  typeof given === 'object' && given !== null
    ? `an object with ${Object.keys(given).join(', ') || 'nothing'}`
    : String(given);

/**
 * The files that are given, by kind.
 *
 * @throws TypeError if it is something else
 * @throws PolicyFileError if there are none
 */
function sourcesOf(given: unknown): readonly (readonly [PolicyFile, PolicySource])[] {
  if (isOneSource(given)) return [['policy', given]];
  const entries = Object.entries(
    typeof given === 'object' && given !== null && !Array.isArray(given) ? given : { given },
  );
  const sources = entries.flatMap(([name, source]: [string, unknown]) => {
    const kind = KINDS.find((known) => known === name);
    if (kind && source === undefined) return [];
    if (kind && isOneSource(source)) return [[kind, source] as const];
    throw new TypeError(
      `loadPolicy: expected a policy.onnx as bytes, path or address, or such files by kind (${KINDS.join(', ')}), got ${describe(given)}.`,
    );
  });
  if (sources.length === 0)
    throw new PolicyFileError(
      `loadPolicy: no file is given. Give a policy.onnx, or files by kind: ${KINDS.join(', ')}.`,
    );
  return sources.toSorted(([a], [b]) => KINDS.indexOf(a) - KINDS.indexOf(b));
}

async function bytesOf(source: PolicySource, kind: PolicyFile): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  return readSource(source, POLICY_FILES[kind]);
}

/** Fails unless a file is of a kind, and loads what the engine loads at the first run only. */
async function warmUp(session: FillingSession, kind: PolicyFile, where: string): Promise<void> {
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
const origin = ({ algorithm, environment, trainingSteps, agent }: FileMetadata) =>
  `${algorithm} in ${environment} after ${trainingSteps} steps, parameters ${agent}`;

/** Where calls may overlap. */
const ON_PROCESSORS: ReadonlySet<string> = new Set(['cpu', 'wasm']);

/** Threads inside an operator that an engine has from now on. */
function threadsOf({ ort, executionProvider }: PolicyEngine, asked: number | undefined): number {
  const threads = asked ?? ((executionProvider === 'wasm' && ort.env.wasm.numThreads) || 1);
  if (executionProvider === 'wasm') useWasmThreads('loadPolicy', ort.env.wasm, threads);
  else if (!Number.isInteger(threads) || threads < 1)
    throw new RangeError(`loadPolicy: threads must be a whole number >= 1, got ${threads}.`);
  else if (executionProvider === 'webgpu' && threads > 1)
    throw new RangeError(`loadPolicy: WebGPU takes no number of threads, got ${threads}. Leave threads out.`);
  return threads;
}

/**
 * Loads an exported policy and runs it once, so that the first action is as fast as the others.
 *
 * @param sources `policy.onnx` as bytes, path or address, or several files of one export by kind
 * @throws PolicyFileError if a file is missing, damaged, of another program, kind or export
 * @throws EngineError if there is no engine, or it can't run a file; on WebGPU also if it would leave an operator to the CPU
 * @throws RangeError for a number of threads that the engine cannot have
 * @throws TypeError if sources or engine are none
 */
export async function loadPolicy(
  sources: PolicySource | PolicySources,
  { engine: wanted, threads: asked, seed = entropySeed() }: LoadPolicyOptions = {},
): Promise<Policy> {
  const files = await Promise.all(
    sourcesOf(sources).map(async ([kind, source]) => ({
      kind,
      where: typeof source === 'string' || source instanceof URL ? String(source) : POLICY_FILES[kind],
      bytes: await bytesOf(source, kind),
    })),
  );
  const engine = await engineOf(engines, wanted);
  const { name, ort, executionProvider } = engine;
  const headed = files.map(({ kind, where, bytes }) => ({
    kind,
    where,
    bytes,
    metadata: readPolicyHeader(bytes, where).metadata,
  }));
  const [first] = headed;
  if (!first) throw new PolicyFileError('loadPolicy: no file is given.');
  const stranger = headed.find(({ metadata }) => origin(metadata) !== origin(first.metadata));
  if (stranger)
    throw new PolicyFileError(
      `loadPolicy: the files are of different exports: ${origin(first.metadata)}, and ${origin(stranger.metadata)}. Give files of one folder.`,
    );
  const threads = threadsOf(engine, asked);

  const sessions = new Map<PolicyFile, FillingSession>();
  const dispose = async (): Promise<void> => {
    await Promise.all([...sessions.values()].map((session) => session.dispose()));
  };
  try {
    // One after the other: engines in WebAssembly start once.
    for (const { kind, where, bytes, metadata } of headed) {
      const session = await openSession(bytes, metadata, ort, where, {
        executionProviders: [executionProvider],
        intraOpNumThreads: threads,
        takesTurns: !ON_PROCESSORS.has(executionProvider),
        // Else it computes what it lacks on the CPU, with copies from and to the graphics card.
        ...(executionProvider === 'webgpu' && { extra: { session: { disable_cpu_ep_fallback: '1' } } }),
      });
      sessions.set(kind, session);
      await warmUp(session, kind, where);
    }
  } catch (error) {
    await dispose();
    throw error;
  }

  const sessionOf = (kind: PolicyFile, method: string): FillingSession => {
    const session = sessions.get(kind);
    if (session) return session;
    throw new PolicyFileError(
      `${method}: ${POLICY_FILES[kind]} is not loaded. Give it too: loadPolicy({ ${kind}: '${POLICY_FILES[kind]}' }).`,
    );
  };
  const { metadata } = first;
  const own = createGenerator(seed);
  const sample = async (observation: Float32Array, generator: Generator, method = 'sample') =>
    actionOf(
      await sessionOf('stochastic', method).run({
        observation,
        noise: (rows) => generator.fillNormal(rows),
      }),
    );
  return {
    metadata,
    engine: { name, executionProvider, threads },
    observationSize: metadata.observationSpace.size,
    actionSize: metadata.actionSpace.size,
    actionSpace: metadata.actionSpace,
    act: async (observation, { deterministic = true, generator = own } = {}) =>
      deterministic
        ? actionOf(await sessionOf('policy', 'act').run({ observation }))
        : sample(observation, generator, 'act'),
    sample: (observation) => sample(observation, own),
    value: async (observation, action) => sessionOf('critic', 'value').run({ observation, action }),
    dispose,
  };
}
