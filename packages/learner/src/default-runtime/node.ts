import { DataError } from '@meow-rl/graph';
import type { Runtime } from '@meow-rl/graph';

import { withoutFused } from './without-fused.ts';

/** The engines' packages, of which a user may have installed some. */
export interface EngineImporters {
  readonly fused: () => Promise<{ onnxRuntimeFused(): Runtime; whyUnavailable(): string | undefined }>;
  readonly plain: () => Promise<{ onnxRuntimeNode(): Runtime }>;
}

const IMPORTERS: EngineImporters = {
  fused: () => import('@meow-rl/onnxruntime-fused'),
  plain: () => import('@meow-rl/graph/onnxruntime-node'),
};

/** What a package gives; undefined if it, or what it needs, isn't installed. */
async function installed<T>(importing: Promise<T>): Promise<T | undefined> {
  try {
    return await importing;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** The fused engine, or why it can't be loaded. */
async function fusedOrProblem(importFused: EngineImporters['fused']): Promise<Runtime | string> {
  const fused = await installed(importFused());
  if (!fused) return 'it is not installed. Run npm install @meow-rl/onnxruntime-fused';
  return fused.whyUnavailable() ?? fused.onnxRuntimeFused();
}

let isSaid = false;

/** Said once: a program may make many agents. */
function sayOnce(message: string): void {
  if (isSaid) return;
  isSaid = true;
  process.emitWarning(message, { code: 'MEOW_RL_ENGINE' });
}

/**
 * The engine of agents that are given none: the fused one where it can be loaded, else onnxruntime-node, saying what would be
 * faster. One thread inside operators.
 *
 * @throws DataError if neither is installed
 */
export async function defaultRuntime(
  { fused: importFused, plain: importPlain }: EngineImporters = IMPORTERS,
  warn: (message: string) => void = sayOnce,
): Promise<Runtime> {
  const fused = await fusedOrProblem(importFused);
  if (typeof fused !== 'string') return fused;
  const plain = await installed(importPlain());
  if (!plain)
    throw new DataError(
      'createAgent: no engine is installed. Run npm install onnxruntime-node, or give a runtime.',
    );
  warn(
    `createAgent: ${withoutFused(fused)}; or give a runtime, such as onnxRuntimeNode(), and nothing is said.`,
  );
  return plain.onnxRuntimeNode();
}
