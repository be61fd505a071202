export { onnxRuntime } from './runtimes/onnxruntime.ts';
export { inTurn } from './runtimes/in-turn.ts';
export { useWasmThreads } from './runtimes/wasm-threads.ts';
export type {
  CompileStep,
  EngineSession,
  OnnxRuntimeModule,
  OnnxRuntimeOptions,
  StepFunctions,
} from './runtimes/onnxruntime.ts';
