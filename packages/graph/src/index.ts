export { DataError, GraphError, ShapeError } from './errors.ts';
export { mapInput, mapOutputs } from './compose.ts';
export { grad } from './grad.ts';
export type { OnnxAttribute, OnnxEmitter } from './onnx/emitter.ts';
export { decodeModel } from './onnx/schema.ts';
export type { OnnxModel } from './onnx/schema.ts';
export { serialize } from './onnx/serialize.ts';
export type { SerializeOptions } from './onnx/serialize.ts';
export { operator } from './operator.ts';
export type { OperatorContext, OperatorSpec } from './operator.ts';
export * from './ops/index.ts';
export { adam } from './optim/adam.ts';
export type { AdamOptions, AdamState } from './optim/adam.ts';
export { chain } from './optim/chain.ts';
export { clipByGlobalNorm, globalNorm } from './optim/clip-by-global-norm.ts';
export { applyUpdates } from './optim/gradient-transformation.ts';
export type { GradientTransformation, UpdateContext } from './optim/gradient-transformation.ts';
export { polyak } from './optim/polyak.ts';
export { parameterLayout } from './parameters.ts';
export type { ParameterLayout, Parameters, ParameterSpec, ParameterValues } from './parameters.ts';
export { optimize } from './rewrite/optimize.ts';
export { program } from './program.ts';
export type { InputSpec, Program, ProgramState, StateSpec } from './program.ts';
export type { Executable, InputData, LoadOptions, Runtime } from './runtime.ts';
export { onnxRuntime } from './runtimes/onnxruntime.ts';
export type { OnnxRuntimeModule, OnnxRuntimeOptions } from './runtimes/onnxruntime.ts';
export { referenceRuntime } from './runtimes/reference.ts';
export type { HostView } from './lowering/views.ts';
export { fuse } from './lowering/fusion/fuse.ts';
export { lower } from './lowering/lower.ts';
export type { LowerOptions } from './lowering/lower.ts';
export type { LoweredProgram } from './lowering/lower.ts';
export type { Operand, StepOperation, StepPlan } from './lowering/fused-update/plan.ts';
export { loadStep } from './lowering/fused-update/step.ts';
export type { Step } from './lowering/fused-update/step.ts';
export { formatShape, sizeOfShape as staticSize } from './shape.ts';
export {
  allocateVectors,
  allocateVectors as allocatePlaces,
  floatsAt,
  partOfVector,
  partOfVector as partOfPlace,
} from './shared-vector.ts';
export type { SharedMemory, SharedVector, SharedVector as Place } from './shared-vector.ts';
export type { FloatArray, StateStore, StateStoreOptions } from './state-store.ts';
export { constant } from './tensor.ts';
export type { Tensor, TensorLike } from './tensor.ts';
export type { DType, Dim, Shape, TensorType } from './tensor-type.ts';
export { topologicalOrder } from './topological-order.ts';
