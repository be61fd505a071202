import type { OnnxModel, OnnxNode } from '@meow-rl/graph';

/** ONNX's codes of element types. */
export const ELEMENT = { float32: 1, uint8: 2, float16: 10 } as const;

/** The numbers of a float32 initializer. */
export const floatsOf = ({ rawData }: OnnxModel['graph']['initializer'][number]): Float32Array =>
  // Copied to where numbers of four bytes may begin; a Buffer's slice is no copy.
  new Float32Array(Uint8Array.from(rawData).buffer);

/** A node of ONNX's own operators. Its only output has the same name, unless others are given. */
export const plainNode = (
  name: string,
  opType: string,
  input: readonly string[],
  { output = [name], attribute = [] }: Partial<Pick<OnnxNode, 'output' | 'attribute'>> = {},
): OnnxNode => ({ name, opType, domain: '', input, output, attribute });

const INT = 2;

/** A whole number of a node. */
const integer = (name: string, value: number): OnnxNode['attribute'][number] => ({
  name,
  type: INT,
  i: BigInt(value),
});

/** A conversion of element types. */
export const castNode = (name: string, input: string, to: keyof typeof ELEMENT): OnnxNode =>
  plainNode(name, 'Cast', [input], { attribute: [integer('to', ELEMENT[to])] });

/** A model with another graph, as one object without what its bytes left behind. */
export const withGraph = (
  { irVersion, producerName, producerVersion, docString, opsetImport, metadataProps, graph }: OnnxModel,
  node: readonly OnnxNode[],
  initializer: OnnxModel['graph']['initializer'],
): OnnxModel => ({
  irVersion,
  producerName,
  producerVersion,
  docString,
  opsetImport,
  metadataProps,
  graph: {
    name: graph.name,
    docString: graph.docString,
    node,
    initializer,
    input: graph.input,
    output: graph.output,
    valueInfo: graph.valueInfo,
  },
});
