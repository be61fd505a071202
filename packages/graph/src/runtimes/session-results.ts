import type { Tensor as OrtTensor, TensorConstructor } from 'onnxruntime-common';

import { DataError } from '../errors.ts';
import { nextName } from '../onnx/serialize.ts';
import type { ScatteredResult } from '../lowering/scattered-results.ts';
import { entries } from '../program.ts';
import type { Program } from '../program.ts';
import { resolveShape } from '../runtime.ts';
import { formatShape, isStatic, sameShape, sizeOfShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import type { Shape } from '../tensor-type.ts';
import { float32 } from './state-buffer.ts';

/** What a session's runs are asked for, and what becomes of it. */
interface SessionResults {
  /** The tensors that the session can write its results to, by their names; null where it makes them. */
  readonly fetches: Readonly<Record<string, OrtTensor | null>>;
  /**
   * The results of a run, by their names, with wholes in place of their parts. Those of the run before are overwritten.
   *
   * @throws DataError if one has another shape than the program promises
   */
  collect(
    results: Readonly<Record<string, OrtTensor>>,
    axes: ReadonlyMap<string, number>,
  ): Readonly<Record<string, OrtTensor>>;
}

interface SessionResultsOptions {
  /** The engine's name, for messages. */
  readonly name: string;
  /** What the session runs. */
  readonly program: Program;
  readonly scattered: readonly ScatteredResult[];
  readonly TensorClass: TensorConstructor;
  /** What results are to be written to, by the names of outputs and `nextName` of states. */
  readonly resultTensors: Readonly<Record<string, OrtTensor>>;
  /** Whether the session writes into tensors that it is offered. */
  readonly writesIntoOutputs: boolean;
}

/** Makes what a session is asked for. */
export function sessionResults(options: SessionResultsOptions): SessionResults {
  const { name, program, scattered, TensorClass, resultTensors, writesIntoOutputs } = options;
  const wholes: Record<string, OrtTensor> = {};
  const parts = scattered.flatMap((output) => {
    // Memory that every run writes to anew, where nothing says where it is to lie.
    const whole =
      resultTensors[output.name] ??
      new TensorClass('float32', new Float32Array(output.length), [output.length]);
    wholes[output.name] = whole;
    return output.parts.map(({ name: key, shape, offset }) => {
      const data = float32(whole).subarray(offset, offset + sizeOfShape(shape));
      return { key, shape, tensor: new TensorClass('float32', data, shape) };
    });
  });
  const isPart = new Set(parts.map(({ key }) => key));
  // A run may write over what the one before gave, so that room is made once.
  const roomFor = (key: string, { dtype, shape }: Tensor): OrtTensor | undefined => {
    if (resultTensors[key] || !writesIntoOutputs || dtype !== 'float32' || !isStatic(shape))
      return resultTensors[key];
    return new TensorClass('float32', new Float32Array(sizeOfShape(shape)), shape);
  };
  const others: readonly {
    readonly key: string;
    readonly shape: Shape;
    readonly tensor?: OrtTensor | undefined;
  }[] = [
    ...entries(program.outputs).flatMap(([key, output]) =>
      isPart.has(key) ? [] : [{ key, shape: output.shape, tensor: roomFor(key, output) }],
    ),
    // No room is made for these: the run that writes a state's next value may still read the one before.
    ...entries(program.state).flatMap(([key, { shape, next }]) =>
      next ? [{ key: nextName(key), shape, tensor: resultTensors[nextName(key)] }] : [],
    ),
  ];
  const fetches: Record<string, OrtTensor | null> = {};
  for (const { key, tensor } of [...parts, ...others]) fetches[key] = (writesIntoOutputs && tensor) || null;

  // Engines do not check: a window that reaches past the end of what it looks into comes out short.
  const check = (
    key: string,
    tensor: OrtTensor | undefined,
    shape: readonly number[] | undefined,
  ): OrtTensor => {
    if (tensor && (!shape || sameShape(tensor.dims, shape))) return tensor;
    throw new DataError(
      `${name}: ${key} came out as ${tensor ? formatShape(tensor.dims) : 'nothing'}, expected ${formatShape(shape ?? [])}. Look for a window that reaches past the end.`,
    );
  };
  // The same object for every run, so that its properties are not made anew.
  const collected: Record<string, OrtTensor> = { ...wholes };
  return {
    fetches,
    collect: (results, axes) => {
      for (const { key, shape, tensor } of others) {
        const result = results[key];
        const isOffered = result !== undefined && result === tensor;
        collected[key] = isOffered
          ? result
          : check(key, result, isStatic(shape) ? shape : resolveShape(shape, axes));
      }
      for (const { key, shape, tensor } of parts) {
        const result = results[key];
        // An engine may make room of its own instead of using what it is offered.
        if (result !== tensor) float32(tensor).set(float32(check(key, result, shape)));
      }
      return collected;
    },
  };
}
