import { readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

interface Header {
  readonly version: number;
  readonly base: readonly string[];
  readonly functions: readonly string[];
  readonly operator: readonly string[];
  readonly enums: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const read = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8');
const header: Header = JSON.parse(read('../fixtures/onnxruntime-c-api.json'));
const addonHeader = read('../native/ort.h').replaceAll(/\/\*.*?\*\//gs, '');

/** What types are called in the addon's header. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/\b(struct|enum) /g, ''],
  [/\bOrtTensorTypeAndShapeInfo\b/g, 'OrtTensorInfo'],
  [/\bORTCHAR_T\b/g, 'FileCharacter'],
  [/\bONNXTensorElementDataType\b/g, 'OrtElementType'],
  [/\b(OrtErrorCode|OrtLoggingLevel|GraphOptimizationLevel|ExecutionMode|OrtAllocatorType)\b/g, 'int'],
  [/\b(OrtMemType|OrtCustomOpInputOutputCharacteristic)\b/g, 'int'],
];

/** A type without spaces that mean nothing. */
const typeOf = (text: string): string =>
  text
    .trim()
    .replaceAll(/\s*\*\s*/g, '*')
    .replaceAll(/\s+/g, ' ');

/** The type of a parameter, with or without a name. */
function parameterType(text: string): string {
  const whole = typeOf(text);
  return /^(.*[ *])\w+$/.exec(whole)?.[1]?.trim() ?? whole;
}

/** A member's name and, of a function, its types. */
interface Member {
  readonly name: string;
  readonly type: string;
}

function memberOf(declaration: string): Member {
  const text = NAMES.reduce((renamed, [theirs, ours]) => renamed.replaceAll(theirs, ours), declaration);
  const [, result = '', name = '', parameters = ''] =
    /^(.*)\( ?\*\s*(\w+)\)\s*\((.*)\)$/s.exec(text.trim()) ?? [];
  if (name)
    return { name, type: `${typeOf(result)}(${parameters.split(',').map(parameterType).join(', ')})` };
  const [, type = '', field = ''] = /^(.*\W)(\w+)$/s.exec(text.trim()) ?? [];
  return { name: field, type: typeOf(type) };
}

/** The members of a structure of the addon's header; `undefined` for each that it skips. */
function membersOf(pattern: RegExp): readonly (Member | undefined)[] {
  const [, body = ''] = pattern.exec(addonHeader) ?? [];
  const members: (Member | undefined)[] = [];
  for (const declaration of body.split(';').filter((part) => part.trim())) {
    const [, first, count] = /ORT_SKIP\((\d+), (\d+)\)/.exec(declaration) ?? [];
    if (first === undefined) members.push(memberOf(declaration));
    else {
      expect(members.length, declaration.trim()).toBe(Number(first));
      for (let i = 0; i < Number(count); i++) members.push(undefined);
    }
  }
  return members;
}

describe("what the addon knows of onnxruntime's C API is what the header says", () => {
  test.each([
    ['functions', /typedef struct OrtApi \{(.*?)\} OrtApi;/s, header.functions, 164, 45],
    ['ways in', /typedef struct OrtApiBase \{(.*?)\} OrtApiBase;/s, header.base, 2, 2],
    // Of later versions there are more.
    ['operators', /struct OrtCustomOp \{(.*?)\};/s, header.operator.slice(0, 19), 19, 19],
  ])('the places and types of %s', (_, pattern, declarations, places, used) => {
    const members = membersOf(pattern);
    expect(members).toHaveLength(places);
    expect(declarations).toHaveLength(places);
    expect(members.filter((member) => member !== undefined)).toHaveLength(used);
    const expected = declarations.map(memberOf);
    expect(members).toEqual(expected.map((member, i) => members[i] && member));
  });

  test('the values of enumerations', () => {
    const values = new Map(
      [...addonHeader.matchAll(/\b(ORT_\w+) = (\d+)/g)].map(([, name = '', value]) => [name, Number(value)]),
    );
    const { enums } = header;
    expect(Object.fromEntries(values)).toEqual({
      ORT_FAIL: enums['OrtErrorCode']?.['ORT_FAIL'],
      ORT_INVALID_ARGUMENT: enums['OrtErrorCode']?.['ORT_INVALID_ARGUMENT'],
      ORT_LOG_FATAL: enums['OrtLoggingLevel']?.['ORT_LOGGING_LEVEL_FATAL'],
      ORT_SEQUENTIAL: enums['ExecutionMode']?.['ORT_SEQUENTIAL'],
      ORT_OPTIMIZE_ALL: enums['GraphOptimizationLevel']?.['ORT_ENABLE_ALL'],
      ORT_ALLOCATOR_ARENA: enums['OrtAllocatorType']?.['OrtArenaAllocator'],
      ORT_MEMORY_DEFAULT: enums['OrtMemType']?.['OrtMemTypeDefault'],
      ORT_VARIADIC: enums['OrtCustomOpInputOutputCharacteristic']?.['INPUT_OUTPUT_VARIADIC'],
      ORT_FLOAT: enums['ONNXTensorElementDataType']?.['ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT'],
      ORT_INT64: enums['ONNXTensorElementDataType']?.['ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64'],
      ORT_BOOL: enums['ONNXTensorElementDataType']?.['ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL'],
    });
  });

  test('the version that it asks for is one that the header has', () => {
    const [, version] = /#define ORT_API_VERSION (\d+)/.exec(addonHeader) ?? [];
    expect(Number(version)).toBeLessThanOrEqual(header.version);
    // The first with the calls of an operator that may fail.
    expect(Number(version)).toBe(16);
  });
});
