export { onnxRuntime } from './runtimes/onnxruntime.ts';
export type { EngineSession, OnnxRuntimeModule, OnnxRuntimeOptions } from './runtimes/onnxruntime.ts';
