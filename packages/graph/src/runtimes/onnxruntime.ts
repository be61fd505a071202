import type { InferenceSession } from 'onnxruntime-common';

import { hasNamedAxes } from '../lowering/with-lengths.ts';
import type { Program } from '../program.ts';
import { bindAxes } from '../runtime.ts';
import type { Executable, LoadOptions, Runtime } from '../runtime.ts';
import { storeRegistry } from '../state-store.ts';
import { engineProgram } from './engine-program.ts';
import type { EngineProgram, OnnxRuntimeModule, OnnxRuntimeOptions } from './engine-program.ts';
import { runGuard } from './run-guard.ts';
import { specialized } from './specialized.ts';
import { numbersOf, stateBuffer } from './state-buffer.ts';

export type { CompileStep, StepFunctions } from '../lowering/fused-update/step.ts';
export type { EngineSession, OnnxRuntimeModule, OnnxRuntimeOptions } from './engine-program.ts';

/**
 * Makes a runtime from an onnxruntime package. On one that fuses, a program with named axes is loaded anew for each of their lengths,
 * when a run first has it.
 *
 * @param name how it is called in messages
 * @param sessionOptions handed to each session
 */
export function onnxRuntime(
  name: string,
  module: OnnxRuntimeModule,
  sessionOptions: InferenceSession.SessionOptions,
  {
    writesIntoOutputs = false,
    takesSharedMemory = false,
    fuses = false,
    multiplies = false,
    compileStep,
  }: OnnxRuntimeOptions = {},
): Runtime {
  const features = { writesIntoOutputs, takesSharedMemory, fuses, multiplies, compileStep };
  const { createState, bind } = storeRegistry(
    name,
    (spec, shared) => stateBuffer(spec, shared, { Tensor: module.Tensor, takesSharedMemory }),
    { numbersOf, write: (buffer, numbers) => numbersOf(buffer).set(numbers) },
  );

  async function load<I extends string, S extends string, O extends string>(
    program: Program<I, S, O>,
    { state }: LoadOptions = {},
  ): Promise<Executable<I, S, O>> {
    const { store, valueIn: bufferOf } = bind(program, state);
    const options = { name, module, sessionOptions, features, bufferOf };
    const loaded: EngineProgram<I, O> =
      fuses && hasNamedAxes(program)
        ? // One that acts is small: a single operation left to the engine would take longer than all else.
          specialized(program, (known) => engineProgram(known, { ...options, smallest: 1 }))
        : await engineProgram(program, options);
    const guard = runGuard();
    return {
      run: async (inputs) => {
        guard.begin();
        try {
          return await loaded.run(inputs, bindAxes(program, inputs));
        } finally {
          guard.end();
        }
      },
      state: store,
      dispose: () => guard.dispose(() => loaded.release()),
    };
  }

  return { name, createState, load };
}
