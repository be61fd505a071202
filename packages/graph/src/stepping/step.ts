import {
  addHalves,
  encodeModule,
  fourLanes,
  get,
  integer,
  loop,
  oneLane,
  set,
  storeFloat64,
  TYPE,
} from './wasm.ts';
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

const PAGE_BYTES = 65_536;
/** Vectors begin at multiples of a cache line. */
const ALIGN_BYTES = 64;
const FLOAT64_BYTES = 8;
const FLOAT32_BYTES = 4;

const aligned = (bytes: number) => Math.ceil(bytes / ALIGN_BYTES) * ALIGN_BYTES;

/** Where things lie in memory: first the sums of squares, then the vectors. In bytes. */
function memoryMap({ length, vectors, norms }: StepPlan) {
  const first = aligned(FLOAT64_BYTES * norms.length);
  const stride = aligned(FLOAT32_BYTES * length);
  return {
    sum: (index: number) => FLOAT64_BYTES * index,
    vector: (index: number) => first + stride * index,
    total: first + stride * vectors.length,
  };
}

/** A function that takes the step over all entries: four at a time, and the last three or fewer one at a time. */
function stepModule(plan: StepPlan): Uint8Array<ArrayBuffer> {
  const { length, vectors, scalars, operations, writes, norms } = plan;
  const at = memoryMap(plan);
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
      loaded.map((place, i) => [get(position), lanes.load(at.vector(i)), set(place)]),
      operations.map(({ operator, operands }, i) => [
        operands.map(push),
        lanes.operators[operator],
        set(values[i] ?? 0),
      ]),
      // All is read before anything is written, so vectors may take each other's place.
      writes.map(({ state, value }) => {
        const index = vectors.findIndex((vector) => 'state' in vector && vector.state === state);
        return [get(position), push(value), lanes.store(at.vector(index))];
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
  const sums = norms.map((_, i): Code => [
    integer(at.sum(i)),
    get(last.totals[i] ?? 0),
    addHalves(most.totals[i] ?? 0),
    storeFloat64(0),
  ]);
  return encodeModule({
    parameters: scalars.map(() => TYPE.f32),
    locals,
    body: [most.code, last.code, sums],
  });
}

/** Makes a step from its plan. */
export async function loadStep(plan: StepPlan): Promise<Step> {
  const at = memoryMap(plan);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(at.total / PAGE_BYTES) });
  const { instance } = await WebAssembly.instantiate(stepModule(plan), { host: { memory } });
  const { run } = instance.exports;
  if (typeof run !== 'function') throw new Error('a step has no function. Please report this.');
  const sums = new Float64Array(memory.buffer, 0, plan.norms.length);
  return {
    vectors: plan.vectors.map((_, i) => new Float32Array(memory.buffer, at.vector(i), plan.length)),
    take: (scalars) => {
      run(...scalars);
      return Array.from(sums, Math.sqrt);
    },
  };
}
