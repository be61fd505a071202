import { DataError } from '@meow-rl/graph';
import type { Runtime } from '@meow-rl/graph';

/**
 * Outside of Node an engine has to be given.
 *
 * @throws DataError always
 */
export async function defaultRuntime(): Promise<Runtime> {
  throw new DataError(
    'createAgent: no runtime was given, and outside of Node none is chosen. Give one, such as onnxRuntimeWeb() of @meow-rl/graph/onnxruntime-web.',
  );
}
