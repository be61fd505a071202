import type { DType, Shape } from '../tensor-type.ts';

/** An attribute of an ONNX node. Numbers are written as floats, bigints as integers. */
export type OnnxAttribute = number | bigint | string | readonly bigint[] | Float32Array;

/** What an operator's ONNX form writes to. */
export interface OnnxEmitter {
  /** Adds a node and returns the name of its only output. */
  node(
    opType: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
  ): string;
  /**
   * Adds a node with several outputs; an empty string leaves an optional input out.
   *
   * @param domain whose operator it is; default ONNX's own
   */
  nodeWithOutputs(
    opType: string,
    inputs: readonly string[],
    outputs: number,
    attributes?: Readonly<Record<string, OnnxAttribute>>,
    domain?: string,
  ): readonly string[];
  /** A constant (an initializer); equal small ones are written once. */
  constant(data: ArrayLike<number>, shape: readonly number[], dtype?: DType): string;
  /** A one-dimensional int64 constant, as shapes and axes are written in ONNX. */
  integers(values: readonly number[]): string;
}

/** A shape for ONNX's Reshape: the single unknown axis becomes -1. */
export const reshapeTarget = (shape: Shape): number[] =>
  shape.map((dim) => (typeof dim === 'number' ? dim : -1));
