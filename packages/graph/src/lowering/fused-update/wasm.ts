// What is needed of WebAssembly's binary format for functions that loop over vectors.
// Reference: WebAssembly Core Specification 2.0, chapter 5.

/** Bytes of instructions, in order. */
export type Code = readonly (number | Code)[];

/** Value types. */
export const TYPE = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
const EMPTY_BLOCK = 0x40;

/** An unsigned number in LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let remaining = value;
  for (; remaining >= 0x80; remaining = Math.floor(remaining / 0x80)) bytes.push((remaining % 0x80) | 0x80);
  bytes.push(remaining);
  return bytes;
}

/** A signed number in LEB128, not negative here. */
const signed = (value: number): number[] => {
  const bytes = unsigned(value);
  const last = bytes.at(-1) ?? 0;
  // The highest bit written would be the sign.
  return last < 0x40 ? bytes : [...bytes.slice(0, -1), last | 0x80, 0];
};

const simd = (operation: number): number[] => [0xfd, ...unsigned(operation)];
const float32 = (value: number): number[] => [...new Uint8Array(Float32Array.of(value).buffer)];

const local =
  (operation: number) =>
  (index: number): Code => [operation, unsigned(index)];
/** Reads a local. */
export const get = local(0x20);
/** Writes a local. */
export const set = local(0x21);

/** An address is a local in bytes plus a constant; alignment is a hint, as a power of 2. */
const access =
  (operation: Code, align: number) =>
  (offset: number): Code => [operation, align, unsigned(offset)];

/** What works on one float32 at a time, and what works on four. */
export interface Lanes {
  /** Bytes that one access moves. */
  readonly bytes: number;
  readonly type: number;
  readonly load: (offset: number) => Code;
  readonly store: (offset: number) => Code;
  readonly constant: (value: number) => Code;
  /** From one float32 on the stack. */
  readonly spread: Code;
  readonly operators: Readonly<Record<'add' | 'sub' | 'mul' | 'div' | 'sqrt' | 'neg', Code>>;
  /** Adds the squares of a local to a float64 local, in float64. */
  readonly addSquares: (value: number, total: number) => Code;
}

const f64 = { promote: 0xbb, add: 0xa0, mul: 0xa2 } as const;

export const oneLane: Lanes = {
  bytes: 4,
  type: TYPE.f32,
  load: access([0x2a], 2),
  store: access([0x38], 2),
  constant: (value) => [0x43, float32(value)],
  spread: [],
  operators: { add: [0x92], sub: [0x93], mul: [0x94], div: [0x95], sqrt: [0x91], neg: [0x8c] },
  addSquares: (value, total) => {
    const wide = [get(value), f64.promote];
    return [get(total), wide, wide, f64.mul, f64.add, set(total)];
  },
};

/** The upper two of four lanes moved to the lower places. */
const upperHalf: Code = [simd(0x0d), [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15]];

export const fourLanes: Lanes = {
  bytes: 16,
  type: TYPE.v128,
  load: access(simd(0x00), 4),
  store: access(simd(0x0b), 4),
  constant: (value) => [0x43, float32(value), simd(0x13)],
  spread: simd(0x13),
  operators: {
    add: simd(0xe4),
    sub: simd(0xe5),
    mul: simd(0xe6),
    div: simd(0xe7),
    sqrt: simd(0xe3),
    neg: simd(0xe1),
  },
  addSquares: (value, total) => {
    const [promote, multiply, add] = [simd(0x5f), simd(0xf2), simd(0xf0)];
    const low = [get(value), promote];
    const high = [get(value), get(value), upperHalf, promote];
    // The total waits for one addition only, and there are as many in a row as groups of lanes.
    return [get(total), [low, low, multiply], [high, high, multiply], add, add, set(total)];
  },
};

/** Both lanes of a vector of two float64, added to what is on the stack. */
export const addHalves = (pair: number): Code => [0, 1].map((lane) => [get(pair), simd(0x21), lane, f64.add]);

const integer = (value: number): Code => [0x41, signed(value)];

/** `for (; index < end; index += step) body`, with unsigned integers. */
export const loop = (index: number, end: number, step: number, body: Code): Code => [
  [0x02, EMPTY_BLOCK, 0x03, EMPTY_BLOCK],
  [get(index), integer(end), 0x4f, 0x0d, unsigned(1)],
  body,
  [get(index), integer(step), 0x6a, set(index)],
  [0x0c, unsigned(0), 0x0b, 0x0b],
];

const flat = (code: Code): number[] => code.flatMap((part) => (typeof part === 'number' ? part : flat(part)));
const sized = (code: Code): number[] => {
  const bytes = flat(code);
  return [...unsigned(bytes.length), ...bytes];
};
const list = (parts: readonly Code[]): Code => [unsigned(parts.length), ...parts];
const text = (value: string): number[] => sized([...new TextEncoder().encode(value)]);

/** A function, exported by its name. */
export interface FunctionSpec {
  readonly name: string;
  /** Types of its parameters, its first locals. */
  readonly parameters: readonly number[];
  /** Types of its results, which its body leaves on the stack. */
  readonly results: readonly number[];
  /** Types of its other locals, which begin at 0. */
  readonly locals: readonly number[];
  readonly body: Code;
}

interface ModuleSpec {
  /** Whether the memory is one that threads can share. */
  readonly sharesMemory: boolean;
  readonly functions: readonly FunctionSpec[];
}

/** The most pages that a memory can have; a shared one has to have a limit. */
const MOST_PAGES = 65_536;

/** A module that imports the memory `host.memory` and exports some functions. */
export function encodeModule({ sharesMemory, functions }: ModuleSpec): Uint8Array<ArrayBuffer> {
  const section = (id: number, content: Code): Code => [id, sized(content)];
  const types = (listed: readonly number[]): Code => list(listed.map((type) => [type]));
  const limits = sharesMemory ? [0x03, unsigned(1), unsigned(MOST_PAGES)] : [0x00, unsigned(1)];
  const code: Code = [
    [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, list(functions.map(({ parameters, results }) => [0x60, types(parameters), types(results)]))),
    section(2, list([[text('host'), text('memory'), 0x02, limits]])),
    section(3, list(functions.map((_, i) => unsigned(i)))),
    section(7, list(functions.map(({ name }, i) => [text(name), 0x00, unsigned(i)]))),
    section(
      10,
      list(
        functions.map(({ locals, body }) =>
          sized([list(locals.map((type) => [unsigned(1), type])), body, 0x0b]),
        ),
      ),
    ),
  ];
  return Uint8Array.from(flat(code));
}
