import { ShapeError } from '../../errors.ts';
import type { NdArray } from '../../ndarray.ts';
import { operator } from '../../operator.ts';
import type { Tensor } from '../../tensor.ts';
import { ENGINE_DOMAIN } from '../engine-domain.ts';
import type { FusedAttributes } from './instructions.ts';
import { interpret } from './interpret.ts';

/** The shapes that are written one after the other, each behind its rank. */
function readShapes(flat: readonly number[]): readonly (readonly number[])[] {
  const shapes: (readonly number[])[] = [];
  for (let at = 0; at < flat.length;) {
    const rank = flat[at] ?? 0;
    shapes.push(flat.slice(at + 1, at + 1 + rank));
    at += 1 + rank;
  }
  return shapes;
}

const integers = (values: readonly number[]): readonly bigint[] => values.map(BigInt);

const fusedOperator = operator<readonly Tensor[], FusedAttributes, readonly Tensor[]>({
  name: 'fused',
  shape: (inputs, { outputShapes, inputs: kinds }) => {
    if (inputs.length !== kinds.length || inputs.some(({ dtype }) => dtype !== 'float32'))
      throw new ShapeError(`fused: expected ${kinds.length} float32 inputs, got ${inputs.length}.`);
    return readShapes(outputShapes).map((shape) => ({ dtype: 'float32', shape }));
  },
  value: (inputs, attributes) => {
    const results = interpret(
      inputs.map(({ data }: NdArray) => data),
      attributes,
    );
    return readShapes(attributes.outputShapes).map((shape, i) => ({
      dtype: 'float32',
      shape,
      data: results[i] ?? new Float64Array(),
    }));
  },
  // Programs are fused after they have been differentiated.
  vjp: 'none',
  onnx: (names, { attributes }, emit) => {
    const { rows, columns, inputs, outputs, outputShapes, constants, code } = attributes;
    return emit.nodeWithOutputs(
      'Fused',
      names,
      outputs.length,
      {
        size: integers([rows, columns]),
        inputs: integers(inputs),
        outputs: integers(outputs),
        output_shapes: integers(outputShapes),
        constants: Float32Array.from(constants),
        code: integers(code),
      },
      ENGINE_DOMAIN,
    );
  },
  tfjs: 'none',
});

/** A node that computes element-wise expressions of its inputs in one pass over them. */
export const fused = (inputs: readonly Tensor[], attributes: FusedAttributes): readonly Tensor[] =>
  fusedOperator(inputs, attributes);
