import { DataError } from '@meow-rl/graph';
import type { Runtime } from '@meow-rl/graph';

// Only what is used is imported: a user may have installed one of them. Always one thread inside an operator, so that results
// don't depend on how many the machine has.
const ENGINES = {
  'onnxruntime-node': async () => (await import('@meow-rl/graph/onnxruntime-node')).onnxRuntimeNode(),
  'onnxruntime-fused': async () => (await import('@meow-rl/onnxruntime-fused')).onnxRuntimeFused(),
} satisfies Readonly<Record<string, () => Promise<Runtime>>>;

/** An engine that threads can load by its name. */
export type UpdateEngine = keyof typeof ENGINES;

/**
 * The engine of an agent, for the threads of its updates.
 *
 * @throws DataError if threads can't load it
 */
export function updateEngine({ name }: Runtime): UpdateEngine {
  const isKnown = (engine: string): engine is UpdateEngine => Object.hasOwn(ENGINES, engine);
  if (isKnown(name)) return name;
  throw new DataError(
    `threadedUpdates: threads can't load the runtime ${name}. Give the agent one of ${Object.keys(ENGINES).join(', ')}.`,
  );
}

/** Loads an engine in the calling thread. */
export const loadEngine = (engine: UpdateEngine): Promise<Runtime> => ENGINES[engine]();
