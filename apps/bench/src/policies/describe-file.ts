import type { DecodedFile, FileMetadata, PolicyMetadata } from '@meow-rl/export';
import type { OnnxModel } from '@meow-rl/graph';

interface ValueDescription {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

/** What an exported file holds. */
export interface FileDescription extends Pick<FileMetadata, 'format' | 'precision' | 'measured'> {
  readonly bytes: number;
  readonly sha256: string;
  readonly metadata: PolicyMetadata;
  readonly irVersion: number;
  /** The oldest one that has the operator set. */
  readonly onnxRuntime: string;
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  readonly inputs: readonly ValueDescription[];
  readonly outputs: readonly ValueDescription[];
  /** Numbers of all initializers but those that say shapes and axes. */
  readonly parameters: number;
  /** By what initializers are called, the largest first. */
  readonly modules: readonly {
    readonly module: string;
    readonly weights: string;
    readonly parameters: number;
    readonly bytes: number;
  }[];
  readonly operators: readonly { readonly operator: string; readonly nodes: number }[];
}

const ELEMENT_TYPES: Readonly<Record<number, string>> = {
  1: 'float32',
  2: 'uint8',
  7: 'int64',
  9: 'bool',
  10: 'float16',
};
const INT64 = 7;

/** Operator sets with the first onnxruntime that has them, the newest first; older ones than 1.10 were not tried. */
const ONNX_RUNTIMES: readonly (readonly [opset: number, version: string])[] = [
  [18, '1.14'],
  [17, '1.12'],
  [16, '1.11'],
  [0, '1.10'],
];

/** Name of an element type by its code in ONNX. */
export const elementType = (code: number): string => ELEMENT_TYPES[code] ?? `type ${code}`;

/** The module of a weight's name: `coupling0` of `coupling0.0.weight`; what has no dot is in none. */
const moduleOf = (name: string): string =>
  name.includes('.') ? name.slice(0, name.indexOf('.')) : 'constants';

/** How many parameters a tensor holds: shapes and axes are none. */
const parametersIn = ({ dims, dataType }: OnnxModel['graph']['initializer'][number]): number =>
  dataType === INT64 ? 0 : dims.reduce((product, dim) => product * Number(dim), 1);

const describeValue = ({ name, type }: OnnxModel['graph']['input'][number]): ValueDescription => ({
  name,
  type: elementType(type.tensorType.elemType),
  shape: type.tensorType.shape.dim.map(({ dimParam, dimValue }) => dimParam || Number(dimValue ?? 0n)),
});

/** What an exported file of some bytes holds. */
export function describeFile(bytes: number, { model, metadata, sha256 }: DecodedFile): FileDescription {
  const { graph } = model;
  const { format, precision, measured, ...about } = metadata;
  const modules = [...groupsOf(graph.initializer, ({ name }) => moduleOf(name))].map(([module, tensors]) => ({
    module,
    weights: [...new Set(tensors.map(({ dataType }) => elementType(dataType)))].join(', '),
    parameters: tensors.reduce((sum, tensor) => sum + parametersIn(tensor), 0),
    bytes: tensors.reduce((sum, { rawData }) => sum + rawData.length, 0),
  }));
  const opsets = model.opsetImport.map(({ domain, version }) => ({ domain, version: Number(version) }));
  const newest = Math.max(...opsets.map(({ version }) => version));
  return {
    format,
    precision,
    measured,
    bytes,
    sha256,
    metadata: about,
    irVersion: Number(model.irVersion),
    onnxRuntime: ONNX_RUNTIMES.find(([opset]) => newest >= opset)?.[1] ?? '',
    opsets,
    inputs: graph.input.map(describeValue),
    outputs: graph.output.map(describeValue),
    parameters: modules.reduce((sum, { parameters }) => sum + parameters, 0),
    modules: modules.toSorted((a, b) => b.bytes - a.bytes),
    operators: [...groupsOf(graph.node, ({ opType }) => opType)]
      .map(([operator, nodes]) => ({ operator, nodes: nodes.length }))
      .toSorted((a, b) => b.nodes - a.nodes),
  };
}

/** Values by a key, in the order in which keys occur. */
export function groupsOf<T>(
  values: readonly T[],
  keyOf: (value: T) => string,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value]);
  return groups;
}
