import { encodeModel } from '../../../graph/src/onnx/schema.ts';
import type { OnnxNode, OnnxValueInfo } from '../../../graph/src/onnx/schema.ts';

/** A model of one fused operator with inputs x0, x1, ... and outputs y0, y1, ... */
export interface FusedModel {
  readonly size: readonly [rows: number, columns: number];
  /** Kind and number of elements of each input. */
  readonly inputs: readonly { readonly kind: number; readonly elements: number }[];
  /** Kind and shape of each output. */
  readonly outputs: readonly { readonly kind: number; readonly shape: readonly number[] }[];
  readonly constants?: readonly number[];
  /** Op, target and three operands of each instruction. */
  readonly code: readonly (readonly number[])[];
}

const FLOAT = 1;
const [FLOATS, INTS] = [6, 7];

const valueInfo = (name: string, shape: readonly number[]): OnnxValueInfo => ({
  name,
  docString: '',
  type: {
    tensorType: { elemType: FLOAT, shape: { dim: shape.map((dim) => ({ dimValue: BigInt(dim) })) } },
  },
});

const ints = (name: string, values: readonly number[]): OnnxNode['attribute'][number] => ({
  name,
  type: INTS,
  ints: values.map(BigInt),
});

/** The bytes of the model; `change` may spoil its node. */
export function fusedModel(
  { size, inputs, outputs, constants = [], code }: FusedModel,
  change: (node: OnnxNode) => OnnxNode = (node) => node,
): Uint8Array {
  const node: OnnxNode = {
    name: 'node',
    opType: 'Fused',
    domain: 'meow',
    input: inputs.map((_, i) => `x${i}`),
    output: outputs.map((_, i) => `y${i}`),
    attribute: [
      ints('size', size),
      ints(
        'inputs',
        inputs.map(({ kind }) => kind),
      ),
      ints(
        'outputs',
        outputs.map(({ kind }) => kind),
      ),
      ints(
        'output_shapes',
        outputs.flatMap(({ shape }) => [shape.length, ...shape]),
      ),
      { name: 'constants', type: FLOATS, floats: constants },
      ints('code', code.flat()),
    ],
  };
  const changed = change(node);
  return encodeModel({
    irVersion: 8n,
    producerName: 'test',
    producerVersion: '',
    docString: '',
    opsetImport: [
      { domain: '', version: 18n },
      { domain: 'meow', version: 1n },
    ],
    metadataProps: [],
    graph: {
      name: 'test',
      docString: '',
      node: [changed],
      initializer: [],
      input: inputs.map(({ elements }, i) => valueInfo(`x${i}`, [elements])),
      output: outputs
        .map(({ shape }, i) => valueInfo(`y${i}`, shape))
        .filter(({ name }) => changed.output.includes(name)),
      valueInfo: [],
    },
  });
}
