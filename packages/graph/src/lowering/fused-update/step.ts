import { DataError } from '../../errors.ts';
import { aligned, PAGE_BYTES } from '../../shared-vector.ts';
import type { SharedVector } from '../../shared-vector.ts';
import { addHalves, encodeModule, fourLanes, get, loop, oneLane, set, TYPE } from './wasm.ts';
import type { Code, FunctionSpec, Lanes } from './wasm.ts';
import { stepNumbers } from './numbers.ts';
import { vectorsRead } from './plan.ts';
import type { Operand, StepPlan } from './plan.ts';

/** What is used of WebAssembly, which all hosts have and no library of types without a document declares. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
  instantiate(
    module: Uint8Array<ArrayBuffer>,
    imports: Readonly<Record<string, object>>,
  ): Promise<{ readonly instance: { readonly exports: Readonly<Record<string, unknown>> } }>;
};

/** What a step has made besides vectors. */
export interface StepResult {
  /** The plan's norms, in order. */
  readonly norms: readonly number[];
  readonly firstNorms: readonly number[];
  /** The next values of the plan's states of one number, in order. */
  readonly scalarWrites: readonly number[];
}

/** A step, ready to be taken, with the memory that its vectors lie in. */
export interface Step {
  /** The plan's vectors; the step changes those of states that it writes. */
  readonly vectors: readonly Float32Array[];
  /**
   * Takes the step.
   *
   * @param scalars those of the plan, in order
   */
  take(scalars: readonly number[]): StepResult;
}

/** What a step computes of its vectors. */
export interface StepFunctions {
  /** Sums of squares of the plan's first norms, in order. */
  measure(): readonly number[];
  /** Takes the step with the plan's parameters; gives the sums of squares of its norms, in order. */
  pass(parameters: readonly number[]): readonly number[];
}

/** An engine's own functions for a step, whose vectors lie where they are given; undefined for a step that it has none for. */
export type CompileStep = (plan: StepPlan, vectors: readonly Float32Array[]) => StepFunctions | undefined;

const FLOAT32_BYTES = 4;

/** Where the plan's vectors lie: in vectors of the caller's, or one after another in memory of the step's own. */
function vectorMemory({ length, vectors }: StepPlan, shared: readonly SharedVector[] | undefined) {
  const [first] = shared ?? [];
  if (shared && first) {
    if (shared.length !== vectors.length || shared.some(({ memory }) => memory !== first.memory))
      throw new DataError(
        'load: all vectors of a step must lie in one shared memory. Allocate them together by allocateVectors.',
      );
    const wrong = shared.find((vector) => vector.length !== length);
    if (wrong)
      throw new DataError(`load: a shared vector of ${wrong.length} entries is given, expected ${length}.`);
    return { memory: first.memory, offsets: shared.map(({ byteOffset }) => byteOffset) };
  }
  const stride = aligned(FLOAT32_BYTES * length);
  const initial = Math.ceil((stride * vectors.length) / PAGE_BYTES);
  return { memory: new WebAssembly.Memory({ initial }), offsets: vectors.map((_, i) => stride * i) };
}

const totalType = (lanes: Lanes) => (lanes === fourLanes ? TYPE.v128 : TYPE.f64);

/** One pass over all entries: four at a time, and the last three or fewer one at a time. */
function twoLoops<T>(
  length: number,
  position: number,
  pass: (lanes: Lanes) => { readonly ready: Code; readonly body: Code; readonly totals: readonly T[] },
) {
  const bytes = FLOAT32_BYTES * length;
  const most = pass(fourLanes);
  const last = pass(oneLane);
  const whole = bytes - (bytes % fourLanes.bytes);
  return {
    code: [
      [most.ready, loop(position, whole, fourLanes.bytes, most.body)],
      [last.ready, loop(position, bytes, oneLane.bytes, last.body)],
    ],
    totals: most.totals.map((total, i) => [total, last.totals[i] ?? total] as const),
  };
}

/** Sums of squares, from those of four lanes and of one. */
const sums = (totals: readonly (readonly [most: number, last: number])[]): Code =>
  totals.map(([most, last]): Code => [get(last), addHalves(most)]);

/** A function that gives the sums of squares of some vectors. */
function measureFunction(
  { length, firstNorms }: StepPlan,
  offsetOf: (index: number) => number,
): FunctionSpec {
  const locals: number[] = [TYPE.i32];
  const declare = (type: number) => locals.push(type) - 1;
  const { code, totals } = twoLoops(length, 0, (lanes) => {
    const squares = firstNorms.map(() => declare(totalType(lanes)));
    const loaded = declare(lanes.type);
    const body = firstNorms.map(({ vector }, i): Code => [
      [get(0), lanes.load(offsetOf(vector)), set(loaded)],
      lanes.addSquares(loaded, squares[i] ?? 0),
    ]);
    return { ready: [], body, totals: squares };
  });
  const results = firstNorms.map(() => TYPE.f64);
  return { name: 'measure', parameters: [], results, locals, body: [code, sums(totals)] };
}

/** A function that takes the step and gives the sums of squares of the plan's norms. */
function passFunction(plan: StepPlan, offsetOf: (index: number) => number): FunctionSpec {
  const { length, vectors, parameters, operations, writes, norms } = plan;
  const read = vectorsRead(plan);
  const locals: number[] = [];
  const declare = (type: number) => parameters.length + locals.push(type) - 1;
  const position = declare(TYPE.i32);
  const { code, totals } = twoLoops(length, position, (lanes) => {
    const several = (count: number) => Array.from({ length: count }, () => declare(lanes.type));
    const spread = several(parameters.length);
    const loaded = several(vectors.length);
    const values = several(operations.length);
    const squares = norms.map(() => declare(totalType(lanes)));
    const locals = { scalar: spread, vector: loaded, value: values };
    const placeOf = (operand: Exclude<Operand, { kind: 'constant' }>) =>
      locals[operand.kind][operand.index] ?? 0;
    const push = (operand: Operand): Code =>
      operand.kind === 'constant' ? lanes.constant(operand.value) : get(placeOf(operand));
    const body: Code = [
      loaded.map((place, i): Code =>
        read.has(i) ? [get(position), lanes.load(offsetOf(i)), set(place)] : [],
      ),
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
        value.kind === 'constant' ? [] : lanes.addSquares(placeOf(value), squares[i] ?? 0),
      ),
    ];
    return {
      ready: spread.map((place, i): Code => [get(i), lanes.spread, set(place)]),
      body,
      totals: squares,
    };
  });
  return {
    name: 'pass',
    parameters: parameters.map(() => TYPE.f32),
    results: norms.map(() => TYPE.f64),
    locals,
    body: [code, sums(totals)],
  };
}

const roots = (squares: readonly number[]): number[] => squares.map((square) => Math.sqrt(square));

/** What a function gives: nothing, a number, or an array, by how many results it has. */
const numbersIn = (given: unknown): number[] => [given ?? []].flat().map(Number);

/** A step's functions as WebAssembly. */
async function compileToWasm(
  plan: StepPlan,
  { memory, offsets }: ReturnType<typeof vectorMemory>,
  sharesMemory: boolean,
): Promise<StepFunctions> {
  const offsetOf = (index: number) => offsets[index] ?? 0;
  const code = encodeModule({
    sharesMemory,
    functions: [measureFunction(plan, offsetOf), passFunction(plan, offsetOf)],
  });
  const { instance } = await WebAssembly.instantiate(code, { host: { memory } });
  const { measure, pass } = instance.exports;
  if (typeof measure !== 'function' || typeof pass !== 'function')
    throw new Error('a step has no functions. Please report this.');
  return {
    // Without norms it would go over all entries for nothing.
    measure: () => (plan.firstNorms.length > 0 ? numbersIn(measure()) : []),
    pass: (parameters) => numbersIn(pass(...parameters)),
  };
}

/**
 * Makes a step from its plan.
 *
 * @param shared where the plan's vectors lie, all in one memory; default: memory of its own
 * @param compile default: none of the engine's own, so that it is WebAssembly
 * @throws DataError for vectors that do not fit
 */
export async function loadStep(
  plan: StepPlan,
  shared?: readonly SharedVector[],
  compile?: CompileStep,
): Promise<Step> {
  const placed = vectorMemory(plan, shared);
  const vectors = placed.offsets.map((offset) => new Float32Array(placed.memory.buffer, offset, plan.length));
  const { measure, pass } =
    compile?.(plan, vectors) ?? (await compileToWasm(plan, placed, shared !== undefined));
  return {
    vectors,
    take: (scalars) => {
      const firstNorms = roots(measure());
      const numberOf = stepNumbers(plan, scalars, firstNorms);
      return {
        firstNorms,
        norms: roots(pass(plan.parameters.map(numberOf))),
        scalarWrites: plan.scalarWrites.map(({ value }) => numberOf(value)),
      };
    },
  };
}
