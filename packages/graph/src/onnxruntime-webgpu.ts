import * as ort from 'onnxruntime-web/webgpu';

import { DataError } from './errors.ts';
import { narrow } from './rewrite/narrow.ts';
import { inTurn } from './runtimes/in-turn.ts';
import { onnxRuntime } from './runtimes/onnxruntime.ts';
import type { OnnxRuntimeModule } from './runtimes/onnxruntime.ts';
import { refusedOperators } from './runtimes/refused-operators.ts';
import type { Runtime } from './runtime.ts';

/** What is used of WebGPU, which no library of types without a document declares. */
interface Adapter {
  /** How many tensors an operator may read and write: 8 at least. */
  readonly limits: { readonly maxStorageBuffersPerShaderStage: number };
}
declare const navigator: { readonly gpu?: { requestAdapter(): Promise<Adapter | null> } } | undefined;

const REMEDY = 'Load the program on onnxRuntimeWeb() of @meow-rl/graph/onnxruntime-web.';

async function requireAdapter(): Promise<Adapter> {
  const adapter = typeof navigator === 'object' ? await navigator.gpu?.requestAdapter() : undefined;
  if (adapter) return adapter;
  throw new DataError(`onnxruntime-webgpu: there is no WebGPU adapter here. ${REMEDY}`);
}

const { InferenceSession: Session, Tensor } = ort;

/** The package, with its calls one after the other. */
const engine: OnnxRuntimeModule = {
  Tensor,
  InferenceSession: {
    create: async (...given) => {
      const session = await inTurn(Session, () => Session.create(...given));
      return {
        run: (...inputs) => inTurn(Session, () => session.run(...inputs)),
        release: () => inTurn(Session, () => session.release()),
      };
    },
  },
};

/**
 * The runtime of onnxruntime-web on WebGPU, for browsers that have an adapter. `split` and `concat` of more tensors than the adapter binds
 * are done in several steps. No operator falls back to the CPU: loading a program with one that WebGPU lacks throws DataError with its name.
 */
export function onnxRuntimeWebGpu(): Runtime {
  const runtime = onnxRuntime('onnxruntime-webgpu', engine, {
    executionProviders: ['webgpu'],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
    extra: { session: { disable_cpu_ep_fallback: '1' } },
  });
  return {
    ...runtime,
    load: async (given, options) => {
      // A vector of parameters has more parts than an adapter binds.
      const program = narrow(given, (await requireAdapter()).limits.maxStorageBuffersPerShaderStage);
      try {
        return await runtime.load(program, options);
      } catch (error) {
        const operators = await refusedOperators(program, runtime);
        if (operators.length === 0) throw error;
        throw new DataError(
          `onnxruntime-webgpu: WebGPU has no kernel for ${operators.join(', ')}, which the program uses. ${REMEDY}`,
          { cause: error },
        );
      }
    },
  };
}
