import type { OnnxModel, OnnxValueInfo } from '@meow-rl/graph';

import { planMemory } from './direct-memory.ts';
import { sizeOf, stepsOf } from './direct-operations.ts';
import type { Dims, Step } from './direct-operations.ts';

/** An input of a program that runs without the engine, or a constant. */
interface DirectInput {
  readonly name: string;
  readonly dims: Dims;
  /** What it always is; undefined for what runs are given. */
  readonly constant: Float32Array | undefined;
}

/** A result of such a program. */
export interface DirectOutput {
  readonly name: string;
  readonly value: number;
  readonly dims: Dims;
}

/** A program that the addon runs without the engine. */
export interface DirectPlan {
  /** As `direct.h` says. */
  readonly numbers: BigInt64Array;
  readonly floats: Float32Array;
  /** The values from 0 on. */
  readonly inputs: readonly DirectInput[];
  readonly outputs: readonly DirectOutput[];
}

const FLOAT = 1;
const INT64 = 7;
/** Where a value lies, as `direct-host.h` has it, if not in the room of another one. */
const PLACE = { memory: -1, part: -2 } as const;

/** The lengths of a float32 tensor's axes, if they are known. */
function dimsOf({ type: { tensorType } }: OnnxValueInfo): Dims | undefined {
  const dims = tensorType.shape.dim.map(({ dimValue, dimParam }) =>
    dimParam ? Number.NaN : Number(dimValue ?? 0n),
  );
  return tensorType.elemType === FLOAT && dims.every(Number.isFinite) ? dims : undefined;
}

/** The constants of a model: floats, and whole numbers, which say how operators work. */
function constantsOf({ graph }: OnnxModel) {
  const floats = new Map<string, { readonly data: Float32Array; readonly dims: Dims }>();
  const integers = new Map<string, readonly number[]>();
  for (const { name, dims, dataType, rawData } of graph.initializer) {
    const { buffer } = rawData.slice();
    if (dataType === FLOAT) floats.set(name, { data: new Float32Array(buffer), dims: dims.map(Number) });
    if (dataType === INT64) integers.set(name, Array.from(new BigInt64Array(buffer), Number));
  }
  return { floats, integers };
}

/** A model as a program that needs no engine; undefined where it has an operator that isn't the addon's, or shapes are not known. */
export function directPlan(model: OnnxModel): DirectPlan | undefined {
  const { graph } = model;
  const constants = constantsOf(model);
  const numberOf = new Map<string, number>();
  const known = new Map<string, Dims>();
  const inputs: DirectInput[] = [];
  const given = (name: string, dims: Dims, constant: DirectInput['constant']): void => {
    numberOf.set(name, inputs.length);
    known.set(name, dims);
    inputs.push({ name, dims, constant });
  };
  for (const info of graph.input) {
    const dims = dimsOf(info);
    if (!dims) return undefined;
    given(info.name, dims, undefined);
  }
  for (const [name, { data, dims }] of constants.floats) given(name, dims, data);

  const results = new Set(graph.output.map(({ name }) => name));
  const isRead = new Set(graph.node.flatMap(({ input }) => input));
  const tensors = {
    dimsOf: (name: string) => known.get(name),
    integersOf: (name: string) => constants.integers.get(name),
    floatsOf: (name: string) => constants.floats.get(name)?.data,
    isUsed: (name: string) => isRead.has(name) || results.has(name),
  };
  const steps: Step[] = [];
  let values = inputs.length;
  for (const node of graph.node) {
    const made = stepsOf(node, tensors);
    if (!made) return undefined;
    for (const { name, dims } of made.flatMap(({ outputs }) => outputs)) {
      if (name === '' || numberOf.has(name)) return undefined;
      numberOf.set(name, values++);
      known.set(name, dims);
    }
    steps.push(...made);
  }
  const outputs: DirectOutput[] = [];
  for (const info of graph.output) {
    const dims = dimsOf(info);
    const value = numberOf.get(info.name) ?? -1;
    if (!dims || value < inputs.length) return undefined;
    outputs.push({ name: info.name, value, dims });
  }

  const memory = planMemory(steps, results);
  const placed = steps.flatMap(({ outputs: made }) =>
    made.flatMap(({ name, dims }) => {
      const place = memory.placeOf(name);
      if (place.kind === 'part') return [PLACE.part, 0, 0];
      const base = place.kind === 'room' ? (numberOf.get(place.of) ?? -1) : PLACE.memory;
      return [base, place.offset, sizeOf(dims)];
    }),
  );
  const listed = (names: readonly string[]) => [
    BigInt(names.length),
    ...names.map((name) => BigInt(numberOf.get(name) ?? -1)),
  ];
  return {
    numbers: BigInt64Array.from([
      ...[inputs.length, values, memory.size, ...placed].map(BigInt),
      ...steps.flatMap(({ operator, inputs: read, outputs: made, attributes }) => [
        BigInt(operator),
        ...listed(read),
        ...listed(made.map(({ name }) => name)),
        ...attributes,
      ]),
    ]),
    floats: Float32Array.from(steps.flatMap(({ floats }) => floats)),
    inputs,
    outputs,
  };
}
