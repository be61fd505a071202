import { create, createFileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { DescMessage } from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';

/*
 * The part of the ONNX interchange format that is written and read here, with its field numbers. The protobuf library
 * takes the messages from this table at start, so there is no generated code to keep.
 */

type Field = readonly [name: string, number: number, type: Type | string, repeated?: 'repeated'];

const messages: Readonly<Record<string, readonly Field[]>> = {
  ModelProto: [
    ['ir_version', 1, Type.INT64],
    ['producer_name', 2, Type.STRING],
    ['producer_version', 3, Type.STRING],
    ['doc_string', 6, Type.STRING],
    ['graph', 7, 'GraphProto'],
    ['opset_import', 8, 'OperatorSetIdProto', 'repeated'],
    ['metadata_props', 14, 'StringStringEntryProto', 'repeated'],
  ],
  OperatorSetIdProto: [
    ['domain', 1, Type.STRING],
    ['version', 2, Type.INT64],
  ],
  StringStringEntryProto: [
    ['key', 1, Type.STRING],
    ['value', 2, Type.STRING],
  ],
  GraphProto: [
    ['node', 1, 'NodeProto', 'repeated'],
    ['name', 2, Type.STRING],
    ['initializer', 5, 'TensorProto', 'repeated'],
    ['doc_string', 10, Type.STRING],
    ['input', 11, 'ValueInfoProto', 'repeated'],
    ['output', 12, 'ValueInfoProto', 'repeated'],
    ['value_info', 13, 'ValueInfoProto', 'repeated'],
  ],
  NodeProto: [
    ['input', 1, Type.STRING, 'repeated'],
    ['output', 2, Type.STRING, 'repeated'],
    ['name', 3, Type.STRING],
    ['op_type', 4, Type.STRING],
    ['attribute', 5, 'AttributeProto', 'repeated'],
    ['domain', 7, Type.STRING],
  ],
  AttributeProto: [
    ['name', 1, Type.STRING],
    ['f', 2, Type.FLOAT],
    ['i', 3, Type.INT64],
    ['s', 4, Type.BYTES],
    ['floats', 7, Type.FLOAT, 'repeated'],
    ['ints', 8, Type.INT64, 'repeated'],
    ['type', 20, Type.INT32],
  ],
  TensorProto: [
    ['dims', 1, Type.INT64, 'repeated'],
    ['data_type', 2, Type.INT32],
    ['name', 8, Type.STRING],
    ['raw_data', 9, Type.BYTES],
  ],
  ValueInfoProto: [
    ['name', 1, Type.STRING],
    ['type', 2, 'TypeProto'],
    ['doc_string', 3, Type.STRING],
  ],
  TypeProto: [['tensor_type', 1, 'TypeProtoTensor']],
  TypeProtoTensor: [
    ['elem_type', 1, Type.INT32],
    ['shape', 2, 'TensorShapeProto'],
  ],
  TensorShapeProto: [['dim', 1, 'TensorShapeDimension', 'repeated']],
  TensorShapeDimension: [
    ['dim_value', 1, Type.INT64],
    ['dim_param', 2, Type.STRING],
  ],
};

export interface OnnxValueInfo {
  readonly name: string;
  readonly docString: string;
  readonly type: {
    readonly tensorType: {
      readonly elemType: number;
      readonly shape: { readonly dim: readonly { readonly dimValue?: bigint; readonly dimParam?: string }[] };
    };
  };
}

export interface OnnxNode {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly {
    readonly name: string;
    readonly type: number;
    readonly f?: number;
    readonly i?: bigint;
    readonly s?: Uint8Array;
    readonly ints?: readonly bigint[];
    readonly floats?: readonly number[];
  }[];
}

export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly bigint[];
  readonly dataType: number;
  readonly rawData: Uint8Array;
}

/** An ONNX model as plain objects. */
export interface OnnxModel {
  readonly irVersion: bigint;
  readonly producerName: string;
  readonly producerVersion: string;
  readonly docString: string;
  readonly opsetImport: readonly { readonly domain: string; readonly version: bigint }[];
  readonly metadataProps: readonly { readonly key: string; readonly value: string }[];
  readonly graph: {
    readonly name: string;
    readonly docString: string;
    readonly node: readonly OnnxNode[];
    readonly initializer: readonly OnnxTensor[];
    readonly input: readonly OnnxValueInfo[];
    readonly output: readonly OnnxValueInfo[];
    /** Types of what is in between, where the engine cannot infer them. */
    readonly valueInfo: readonly OnnxValueInfo[];
  };
}

function modelDescriptor(): DescMessage {
  const file = create(FileDescriptorProtoSchema, {
    name: 'onnx.proto',
    package: 'onnx',
    syntax: 'proto3',
    messageType: Object.entries(messages).map(([name, fields]) => ({
      name,
      field: fields.map(([fieldName, number, type, repeated]) => ({
        name: fieldName,
        number,
        label: repeated ? Label.REPEATED : Label.OPTIONAL,
        ...(typeof type === 'string' ? { type: Type.MESSAGE, typeName: `.onnx.${type}` } : { type }),
      })),
    })),
  });
  const model = createFileRegistry(file, () => undefined).getMessage('onnx.ModelProto');
  if (!model) throw new Error('the ONNX schema has no ModelProto');
  return model;
}

let descriptor: DescMessage | undefined;

/** The bytes of a model, as a `.onnx` file holds them. */
export const encodeModel = (model: OnnxModel): Uint8Array => {
  descriptor ??= modelDescriptor();
  // The descriptor is made at run time, so the library cannot know that OnnxModel is its shape.
  return toBinary(descriptor, create(descriptor, { ...model }));
};

/**
 * Reads a model.
 *
 * @throws Error if the bytes are not a protobuf message of this schema
 */
export const decodeModel = (bytes: Uint8Array): OnnxModel => {
  descriptor ??= modelDescriptor();
  const message: unknown = fromBinary(descriptor, bytes);
  return message as OnnxModel;
};
