import { DataError } from '@meow-rl/graph';
import type { Runtime } from '@meow-rl/graph';

type Load = (instructionSet: string | undefined) => Promise<Runtime>;

// Only what is used is imported: a user may have installed one of them. Always one thread inside an operator, so that results
// don't depend on how many the machine has.
const ENGINES = {
  'onnxruntime-node': async () => (await import('@meow-rl/graph/onnxruntime-node')).onnxRuntimeNode(),
  'onnxruntime-fused': async (chosen) => {
    const { instructionSets, onnxRuntimeFused } = await import('@meow-rl/onnxruntime-fused');
    const instructionSet = chosen === undefined ? chosen : instructionSets().find((set) => set === chosen);
    return onnxRuntimeFused(instructionSet === undefined ? {} : { instructionSet });
  },
} satisfies Readonly<Record<string, Load>>;

type EngineName = keyof typeof ENGINES;

/** An engine that threads can load. */
export interface UpdateEngine {
  readonly name: EngineName;
  /** That of the agent's engine, if it was told one. */
  readonly instructionSet: string | undefined;
}

/**
 * The engine of an agent, for the threads of its updates.
 *
 * @throws DataError if threads can't load it
 */
export function updateEngine({ name, instructionSet }: Runtime): UpdateEngine {
  const isKnown = (engine: string): engine is EngineName => Object.hasOwn(ENGINES, engine);
  if (isKnown(name)) return { name, instructionSet };
  throw new DataError(
    `threadedUpdates: threads can't load the runtime ${name}. Give the agent one of ${Object.keys(ENGINES).join(', ')}.`,
  );
}

/** Loads an engine in the calling thread. */
export const loadEngine = ({ name, instructionSet }: UpdateEngine): Promise<Runtime> =>
  ENGINES[name](instructionSet);
