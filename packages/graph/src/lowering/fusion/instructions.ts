import type { Attributes } from '../../tensor.ts';

/** Instructions that go element by element, by the names of the operators that they compute. */
export const elementwise = {
  add: 0,
  sub: 1,
  mul: 2,
  div: 3,
  minimum: 4,
  maximum: 5,
  neg: 6,
  exp: 7,
  log: 8,
  sqrt: 9,
  abs: 10,
  sigmoid: 11,
  /** 1 where a > b, else 0. */
  isGreater: 12,
  reciprocal: 13,
  tanh: 14,
  atanh: 15,
  /** 1 where a = b, else 0. */
  isEqual: 27,
  /** b where a is not 0, else c. */
  select: 28,
} as const;

/**
 * The instructions of a fused operator, with the numbers that they have in its `code` attribute.
 *
 * Values are matrices of `rows` × `columns`: a row, a column or a scalar stands for its repetition.
 */
export const instruction = {
  ...elementwise,
  /** Sum over each row. */
  rowSum: 16,
  /** Each row shifted and scaled to mean 0 and variance 1; second operand ε, second target 1 / √(variance + ε). */
  standardize: 17,
  /** Sum over all rows, into an output that is a row. */
  sumRows: 18,
  /** The first entry of each row, into an output that is a column. */
  first: 19,
  /** a · b + c */
  mulAdd: 20,
  /** a · b − c */
  mulSub: 21,
  /** c − a · b */
  subMul: 22,
  /** Sum over each row of a · b. */
  mulRowSum: 23,
  /** Sum over all rows of a · b, into an output that is a row. */
  mulSumRows: 24,
  /** (a · b) · c */
  mulMul: 25,
  /** Sigmoid of a · b. */
  mulSigmoid: 26,
} as const;

export type InstructionName = keyof typeof instruction;

/** How a tensor fills the matrix. A full one may have fewer rows, which are then repeated. */
export const inputKind = { full: 0, row: 1, column: 2, scalar: 3 } as const;
export type InputKind = keyof typeof inputKind;

/** A column is one entry of each row, a row the sum over all of them. */
export const outputKind = { full: 0, row: 1, column: 2 } as const;
export type OutputKind = keyof typeof outputKind;

/** No operand. */
export const NONE = -1;

/** Numbers that an instruction takes in the code: which it is, its target, and three operands. */
export const INSTRUCTION_LENGTH = 5;

/** Something that instructions read or write; two are the same if they are the same object. */
export interface Value {
  /** Fixed operand, of an input, an output or a constant. Others get a register. */
  operand?: number;
}

export interface Instruction {
  readonly name: InstructionName;
  readonly target: Value;
  readonly sources: readonly Value[];
  readonly second?: Value;
}

/** What a fused operator computes, in numbers: see `instruction`, `inputKind` and `outputKind`. */
export interface FusedAttributes extends Attributes {
  readonly rows: number;
  readonly columns: number;
  /** Kind of each input. */
  readonly inputs: readonly number[];
  /** Kind of each output. */
  readonly outputs: readonly number[];
  /** Rank and then axes of each output, one after the other. */
  readonly outputShapes: readonly number[];
  readonly constants: readonly number[];
  /** Operands are numbered: inputs, outputs, constants, then registers. */
  readonly code: readonly number[];
}
