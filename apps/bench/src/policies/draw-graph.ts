import type { OnnxModel, OnnxNode } from '@meow-rl/graph';
import { Graphviz } from '@hpcc-js/wasm-graphviz';

import { elementType, groupsOf } from './describe-file.ts';

/** Fills by what an operator is for, as viewers of ONNX files have them. */
const FILLS: readonly (readonly [operators: RegExp, fill: string])[] = [
  [/^(Gemm|MatMul|MatMulInteger)$/, '#cfe2ff'],
  [/Normalization$/, '#d1f0d9'],
  [/^(Sigmoid|Tanh|Relu|Softplus|Exp|Log|Erf)$/, '#ffdfd6'],
  [/^(Cast|DynamicQuantizeLinear|QuantizeLinear|DequantizeLinear)$/, '#fff3c4'],
  [/^(Concat|Split|Slice|Reshape|Transpose|Expand|Shape|Gather)$/, '#e8e0f5'],
];

const quote = (text: string): string => JSON.stringify(text);

/** The module of a node: `coupling0.0` of `coupling0.0/Gemm`. */
const moduleOf = ({ name }: OnnxNode): string => (name.includes('/') ? name.slice(0, name.indexOf('/')) : '');

/** The part of it that is drawn as one box: `coupling0`. */
const partOf = (node: OnnxNode): string => moduleOf(node).split('.')[0] ?? '';

/** Inputs or outputs, as they are drawn. */
const described = (values: OnnxModel['graph']['input'], kind: string): string[] =>
  values.map(({ name, type }) => {
    const shape = type.tensorType.shape.dim.map(({ dimParam, dimValue }) => dimParam || String(dimValue));
    return `  ${quote(`${kind} ${name}`)} [label=${quote(`${name}\n[${shape.join(', ')}]`)}, shape=ellipse, fillcolor="#ffffff"];`;
  });

/** A graph in the language of Graphviz: operators with their weights, boxes around modules, inputs above and outputs below. */
function graphInDot({ graph }: OnnxModel): string {
  const weights = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const makers = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node.name])));
  const ends = new Map([
    ...graph.input.map(({ name }) => [name, `input ${name}`] as const),
    ...graph.output.map(({ name }) => [`output ${name}`, `output ${name}`] as const),
  ]);
  const labelOf = ({ opType, input, ...node }: OnnxNode): string => {
    const lines = input.flatMap((name) => {
      const tensor = weights.get(name);
      return tensor ? [`${name} ${elementType(tensor.dataType)} [${tensor.dims.join(', ')}]`] : [];
    });
    return [`${opType}   ${moduleOf({ opType, input, ...node })}`.trimEnd(), ...lines].join('\n');
  };
  const drawn = (node: OnnxNode): string => {
    const fill = FILLS.find(([operators]) => operators.test(node.opType))?.[1] ?? '#f4f4f4';
    return `${quote(node.name)} [label=${quote(labelOf(node))}, fillcolor="${fill}"];`;
  };
  const parts = [...groupsOf(graph.node, partOf)].map(([part, nodes], i) => {
    const boxes = nodes.map(drawn).join('\n    ');
    return part === ''
      ? `    ${boxes}`
      : `  subgraph cluster_${i} {\n    label=${quote(part)};\n    ${boxes}\n  }`;
  });
  const edges = graph.node.flatMap((node) =>
    node.input.flatMap((name) => {
      const from = makers.get(name) ?? ends.get(name);
      return from === undefined ? [] : [`  ${quote(from)} -> ${quote(node.name)};`];
    }),
  );
  const results = graph.output.flatMap(({ name }) => {
    const from = makers.get(name) ?? ends.get(name);
    return from === undefined ? [] : [`  ${quote(from)} -> ${quote(`output ${name}`)};`];
  });
  return [
    'digraph {',
    '  graph [fontname="Arial", color="#999999", style=rounded];',
    '  node [shape=box, style="rounded,filled", fontname="Arial", fontsize=11, margin="0.25,0.06", color="#666666"];',
    '  edge [color="#666666"];',
    ...described(graph.input, 'input'),
    ...described(graph.output, 'output'),
    ...parts,
    ...edges,
    ...results,
    '}',
  ].join('\n');
}

/** A drawing of a graph, as SVG. */
export const drawGraph = async (model: OnnxModel): Promise<string> =>
  (await Graphviz.load()).dot(graphInDot(model));
