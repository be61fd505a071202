import { DataError } from '../errors.ts';
import { aligned, PAGE_BYTES } from '../place.ts';
import type { Place } from '../place.ts';
import { addHalves, encodeModule, fourLanes, get, loop, oneLane, set, TYPE } from './wasm.ts';
import type { Code, Lanes } from './wasm.ts';
import type { Operand, StepPlan } from './plan.ts';

/** What is used of WebAssembly, which all hosts have and no library of types without a document declares. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
  instantiate(
    module: Uint8Array<ArrayBuffer>,
    imports: Readonly<Record<string, object>>,
  ): Promise<{ readonly instance: { readonly exports: Readonly<Record<string, unknown>> } }>;
};

/** A step, ready to be taken, with the memory that its vectors lie in. */
export interface Step {
  /** The plan's vectors; the step changes those of states that it writes. */
  readonly vectors: readonly Float32Array[];
  /**
   * Takes the step.
   *
   * @param scalars those of the plan, in order
   * @returns the plan's norms, in order
   */
  take(scalars: readonly number[]): readonly number[];
}

const FLOAT32_BYTES = 4;

/** Where the plan's vectors lie: at places of the caller's, or one after another in memory of the step's own. */
function vectorMemory({ length, vectors }: StepPlan, places: readonly Place[] | undefined) {
  const [first] = places ?? [];
  if (places && first) {
    if (places.length !== vectors.length || places.some(({ memory }) => memory !== first.memory))
      throw new DataError(
        'places: all vectors of a step must lie in one memory. Allocate them together by allocatePlaces.',
      );
    const wrong = places.find((place) => place.length !== length);
    if (wrong)
      throw new DataError(`places: a vector of ${wrong.length} entries is given, expected ${length}.`);
    return { memory: first.memory, offsets: places.map(({ byteOffset }) => byteOffset) };
  }
  const stride = aligned(FLOAT32_BYTES * length);
  const initial = Math.ceil((stride * vectors.length) / PAGE_BYTES);
  return { memory: new WebAssembly.Memory({ initial }), offsets: vectors.map((_, i) => stride * i) };
}

/** A function that takes the step over all entries: four at a time, and the last three or fewer one at a time. */
function stepModule(
  plan: StepPlan,
  offsets: readonly number[],
  sharesMemory: boolean,
): Uint8Array<ArrayBuffer> {
  const { length, vectors, scalars, operations, writes, norms } = plan;
  const offsetOf = (index: number) => offsets[index] ?? 0;
  const locals: number[] = [];
  const declare = (type: number) => scalars.length + locals.push(type) - 1;
  const position = declare(TYPE.i32);

  const pass = (lanes: Lanes, end: number): { code: Code; totals: readonly number[] } => {
    const several = (count: number) => Array.from({ length: count }, () => declare(lanes.type));
    const spread = several(scalars.length);
    const loaded = several(vectors.length);
    const values = several(operations.length);
    const totals = norms.map(() => declare(lanes === fourLanes ? TYPE.v128 : TYPE.f64));
    const places = { scalar: spread, vector: loaded, value: values };
    const placeOf = (operand: Exclude<Operand, { kind: 'constant' }>) =>
      places[operand.kind][operand.index] ?? 0;
    const push = (operand: Operand): Code =>
      operand.kind === 'constant' ? lanes.constant(operand.value) : get(placeOf(operand));
    const body: Code = [
      loaded.map((place, i) => [get(position), lanes.load(offsetOf(i)), set(place)]),
      operations.map(({ operator, operands }, i) => [
        operands.map(push),
        lanes.operators[operator],
        set(values[i] ?? 0),
      ]),
      // All is read before anything is written, so vectors may take each other's place.
      writes.map(({ state, value }) => {
        const index = vectors.findIndex((vector) => 'state' in vector && vector.state === state);
        return [get(position), push(value), lanes.store(offsetOf(index))];
      }),
      norms.map(({ value }, i) =>
        value.kind === 'constant' ? [] : lanes.addSquares(placeOf(value), totals[i] ?? 0),
      ),
    ];
    const ready = spread.map((place, i): Code => [get(i), lanes.spread, set(place)]);
    return { code: [ready, loop(position, end, lanes.bytes, body)], totals };
  };

  const bytes = FLOAT32_BYTES * length;
  const most = pass(fourLanes, bytes - (bytes % fourLanes.bytes));
  const last = pass(oneLane, bytes);
  const sums = norms.map((_, i): Code => [get(last.totals[i] ?? 0), addHalves(most.totals[i] ?? 0)]);
  return encodeModule({
    parameters: scalars.map(() => TYPE.f32),
    results: norms.map(() => TYPE.f64),
    sharesMemory,
    locals,
    body: [most.code, last.code, sums],
  });
}

/**
 * Makes a step from its plan.
 *
 * @param places of the plan's vectors, all in one memory; default: memory of its own
 * @throws DataError for places that do not fit
 */
export async function loadStep(plan: StepPlan, places?: readonly Place[]): Promise<Step> {
  const { memory, offsets } = vectorMemory(plan, places);
  const code = stepModule(plan, offsets, places !== undefined);
  const { instance } = await WebAssembly.instantiate(code, { host: { memory } });
  const { run } = instance.exports;
  if (typeof run !== 'function') throw new Error('a step has no function. Please report this.');
  return {
    vectors: offsets.map((offset) => new Float32Array(memory.buffer, offset, plan.length)),
    take: (scalars) => {
      // Nothing, a number, or an array, by how many norms there are.
      const squares: unknown = run(...scalars);
      return [squares ?? []].flat().map((square) => Math.sqrt(Number(square)));
    },
  };
}
