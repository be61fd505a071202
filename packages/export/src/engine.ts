import type { Env } from 'onnxruntime-common';

import { EngineError, reasonOf } from './errors.ts';
import type { OnnxRuntimePackage } from './policy-session.ts';

/** Engines that `loadPolicy` imports by itself. */
export type EngineName = 'onnxruntime-node' | 'onnxruntime-web';

/** An onnxruntime package, with the settings that it keeps for all sessions. */
export interface EnginePackage extends OnnxRuntimePackage {
  readonly env: Pick<Env, 'wasm'>;
}

/** An engine that was imported by whoever loads a policy. */
export interface PolicyEngine {
  /** How it is called in {@link EngineInfo}. */
  readonly name: string;
  /** The package, for instance `import * as ort from 'onnxruntime-web/webgpu'`. */
  readonly ort: EnginePackage;
  /** Where it runs, for instance `webgpu`. */
  readonly executionProvider: string;
}

/** The engine that a policy got. */
export interface EngineInfo {
  /** For instance `onnxruntime-node`. */
  readonly name: string;
  /** For instance `cpu`, `wasm` or `webgpu`. */
  readonly executionProvider: string;
  /** Threads inside an operator. */
  readonly threads: number;
}

/** Imports a package by its name. */
export type Importers = Readonly<Partial<Record<EngineName, () => Promise<EnginePackage>>>>;

const PROVIDERS = { 'onnxruntime-node': 'cpu', 'onnxruntime-web': 'wasm' } as const;

/** Whether an import failed because the package is not there, and not because of what is in it. */
const isMissing = (error: unknown, name: string): boolean =>
  error instanceof Error &&
  'code' in error &&
  error.code === 'ERR_MODULE_NOT_FOUND' &&
  error.message.includes(`'${name}'`);

const isPolicyEngine = (engine: unknown): engine is PolicyEngine =>
  typeof engine === 'object' &&
  engine !== null &&
  'name' in engine &&
  'executionProvider' in engine &&
  'ort' in engine &&
  typeof engine.ort === 'object' &&
  engine.ort !== null &&
  'InferenceSession' in engine.ort;

/**
 * The engine that the caller has imported, or the one of a name, or the first that is installed.
 *
 * @throws EngineError if there is none, or it can't be loaded
 * @throws TypeError if it is neither a name nor an engine
 */
export async function engineOf(importers: Importers, given: unknown): Promise<PolicyEngine> {
  if (isPolicyEngine(given)) return given;
  if (given === undefined || typeof given === 'string') return importEngine(importers, given);
  throw new TypeError(
    `loadPolicy: engine must be ${Object.keys(importers).join(', ')} or { name, ort, executionProvider }, where ort is the imported package, got ${given === null ? 'null' : typeof given}.`,
  );
}

/**
 * Imports the first engine that is installed, or the one of a name.
 *
 * @throws EngineError if there is none, or it can't be loaded
 */
export async function importEngine(importers: Importers, wanted?: string): Promise<PolicyEngine> {
  const names = (Object.keys(importers) as EngineName[]).filter((name) => name === (wanted ?? name));
  for (const name of names) {
    try {
      const ort = await importers[name]?.();
      if (ort) return { name, ort, executionProvider: PROVIDERS[name] };
    } catch (error) {
      if (!isMissing(error, name))
        throw new EngineError(
          `loadPolicy: ${name} can't be loaded: ${reasonOf(error)}. Install it anew, or give another engine.`,
          { cause: error },
        );
    }
  }
  if (names.length === 0)
    throw new EngineError(
      `loadPolicy: ${wanted} doesn't run here, expected ${Object.keys(importers).join(' or ')}. Leave engine out, or give one of these.`,
    );
  throw new EngineError(
    `loadPolicy: there is no engine: ${names.join(' and ')} ${names.length > 1 ? 'are' : 'is'} not installed. Run npm install ${names[0]}.`,
  );
}
