export { onnxRuntime } from './runtimes/onnxruntime.ts';
export { inTurn } from './runtimes/in-turn.ts';
export { useWasmThreads } from './runtimes/wasm-threads.ts';
export type { EngineSession, OnnxRuntimeModule, OnnxRuntimeOptions } from './runtimes/onnxruntime.ts';
