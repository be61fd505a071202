import type { Instruction, Value } from './instructions.ts';
import { NONE } from './instructions.ts';
import type { InstructionName } from './instructions.ts';

/** An instruction with its operands numbered. */
interface Numbered {
  readonly name: InstructionName;
  readonly target: number;
  readonly sources: readonly number[];
  /** The second target. */
  readonly second: number;
}

/**
 * Gives the values that have no operand yet as few registers as they need, so that they stay in the core's cache.
 *
 * @param first number of the first register
 */
export function assignRegisters(code: readonly Instruction[], first: number): readonly Numbered[] {
  const lastUse = new Map<Value, number>();
  code.forEach(({ target, sources, second }, at) => {
    for (const value of [target, ...(second ? [second] : []), ...sources]) lastUse.set(value, at);
  });
  const registers = new Map<Value, number>();
  const free: number[] = [];
  let next = first;
  const operandOf = (value: Value): number => {
    const known = value.operand ?? registers.get(value);
    if (known !== undefined) return known;
    const register = free.pop() ?? next++;
    registers.set(value, register);
    return register;
  };
  return code.map(({ name, target, sources, second }, at) => {
    const from = sources.map(operandOf);
    const release = (values: readonly Value[]): void => {
      for (const value of new Set(values)) {
        const register = registers.get(value);
        if (register !== undefined && lastUse.get(value) === at) free.push(register);
      }
    };
    // A second target must not be what the first still needs; with one target, a source's place can be taken.
    const isRead = second !== undefined && lastUse.get(second) !== at;
    if (!second) release(sources);
    const numbered = {
      name,
      sources: from,
      target: operandOf(target),
      second: second && (isRead || second.operand !== undefined) ? operandOf(second) : NONE,
    };
    if (second) release(sources);
    release([target, ...(second ? [second] : [])]);
    return numbered;
  });
}
