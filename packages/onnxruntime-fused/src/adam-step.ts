import type { Operand, StepPlan } from '@meow-rl/graph';
import type { CompileStep } from '@meow-rl/graph/onnxruntime';

import { addon } from './binary.ts';
import type { InstructionSet } from './binary.ts';

/** Adam's step, in vectors and numbers of a plan. */
interface AdamStep {
  readonly gradient: number;
  readonly mean: number;
  readonly square: number;
  readonly parameters: number;
  readonly target: number | undefined;
  /** In the order of `adam.h`. */
  readonly numbers: readonly Operand[];
  /** For each norm of the plan whether it is that of the gradient, else of the new parameters. */
  readonly isOfGradient: readonly boolean[];
}

const ONE: Operand = { kind: 'constant', value: 1 };

const isSame = (a: Operand | undefined, b: Operand | undefined): boolean =>
  a !== undefined &&
  b !== undefined &&
  a.kind !== 'constant' &&
  b.kind !== 'constant' &&
  a.kind === b.kind &&
  a.index === b.index;

const isNumber = (operand: Operand | undefined): operand is Operand =>
  operand?.kind === 'constant' || operand?.kind === 'scalar';

const vectorIn = (operand: Operand | undefined): number | undefined =>
  operand?.kind === 'vector' ? operand.index : undefined;

/** Reads a plan's operations from its results back. */
function reader({ operations }: StepPlan) {
  const operands = (operand: Operand | undefined, operator: string): readonly Operand[] => {
    const operation = operand?.kind === 'value' ? operations[operand.index] : undefined;
    return operation?.operator === operator ? operation.operands : [];
  };
  /** A number and what it is multiplied with. */
  const scaled = (operand: Operand | undefined): readonly [number: Operand, of: Operand] | undefined => {
    const [a, b] = operands(operand, 'mul');
    if (!a || !b || isNumber(a) === isNumber(b)) return undefined;
    return isNumber(a) ? [a, b] : [b, a];
  };
  /** `keep vector + add addend` */
  const moving = (operand: Operand | undefined) => {
    const [kept, added] = operands(operand, 'add').map(scaled);
    const vector = vectorIn(kept?.[1]);
    return kept && added && vector !== undefined
      ? { keep: kept[0], vector, add: added[0], addend: added[1] }
      : undefined;
  };
  return { operands, scaled, moving };
}

/** What a plan is as Adam's step; undefined if it is another one. */
export function asAdam(plan: StepPlan): AdamStep | undefined {
  const { operands, scaled, moving } = reader(plan);
  const vectorOf = (state: string) =>
    plan.vectors.findIndex((vector) => 'state' in vector && vector.state === state);
  const written = new Map(plan.writes.map(({ state, value }) => [vectorOf(state), value]));
  const isBecoming = (vector: number, value: Operand | undefined) => isSame(written.get(vector), value);

  const stepped = plan.writes.find(({ state, value }) => {
    const [before, change] = operands(value, 'sub');
    return vectorIn(before) === vectorOf(state) && change !== undefined;
  });
  if (!stepped) return undefined;
  const [, change] = operands(stepped.value, 'sub');
  const [scale, quotient = change] = scaled(change) ?? [ONE];
  const [top, bottom] = operands(quotient, 'div');
  const rated = scaled(top);
  const [root, epsilon] = operands(bottom, 'add');
  const [variance] = operands(root, 'sqrt');
  const [mean, square] = [moving(rated?.[1]), moving(variance)];
  if (!rated || !mean || !square || !isNumber(epsilon)) return undefined;
  const clipped = scaled(mean.addend);
  const gradient = vectorIn(clipped?.[1] ?? mean.addend);
  const isSquare = operands(square.addend, 'mul').every((factor) => isSame(factor, mean.addend));
  if (gradient === undefined || operands(square.addend, 'mul').length !== 2 || !isSquare) return undefined;
  if (!isBecoming(mean.vector, rated[1]) || !isBecoming(square.vector, variance)) return undefined;

  const parameters = vectorOf(stepped.state);
  const others = [...written.keys()].filter(
    (vector) => ![parameters, mean.vector, square.vector].includes(vector),
  );
  const [target] = others;
  const [before, moved] = operands(target === undefined ? undefined : written.get(target), 'add');
  const share = scaled(moved);
  const [to, from] = operands(share?.[1], 'sub');
  const isAverage =
    vectorIn(before) === target &&
    vectorIn(from) === target &&
    isSame(to, stepped.value) &&
    share !== undefined;
  if (others.length > 1 || (target !== undefined && !isAverage)) return undefined;
  const isOfGradient = plan.norms.map(({ value }) => vectorIn(value) === gradient);
  const areKnown = plan.norms.every(({ value }, i) => isOfGradient[i] || isSame(value, stepped.value));
  // What it reads must not be what it writes but for itself.
  const places = [gradient, mean.vector, square.vector, parameters, ...others];
  if (!areKnown || new Set(places).size !== places.length || written.has(gradient)) return undefined;
  return {
    gradient,
    mean: mean.vector,
    square: square.vector,
    parameters,
    target,
    numbers: [
      clipped?.[0] ?? ONE,
      mean.keep,
      mean.add,
      square.keep,
      square.add,
      rated[0],
      epsilon,
      scale,
      share?.[0] ?? ONE,
    ],
    isOfGradient,
  };
}

/**
 * Adam's step, with clipping and target averaging where there are some, in the addon: wider vectors than WebAssembly has. Each operation is
 * rounded as there, so that states get the same bits; only norms are summed in another order.
 */
export const compileAdam =
  (instructionSet: InstructionSet | ''): CompileStep =>
  (plan, vectors) => {
    const adam = asAdam(plan);
    if (!adam) return undefined;
    const native = addon();
    const vector = (index: number) => vectors[index] ?? new Float32Array();
    const [gradient, mean, square, parameters] = [adam.gradient, adam.mean, adam.square, adam.parameters].map(
      vector,
    );
    const target = adam.target === undefined ? null : vector(adam.target);
    if (!gradient || !mean || !square || !parameters) return undefined;
    const measured = plan.firstNorms.map((norm) => vector(norm.vector));
    const numbers = new Float32Array(adam.numbers.length);
    return {
      measure: () => measured.map((each) => native.sumOfSquares(each, instructionSet)),
      pass: (given) => {
        for (const [i, number] of adam.numbers.entries())
          numbers[i] = number.kind === 'constant' ? number.value : (given[number.index] ?? Number.NaN);
        const [ofGradient, ofParameters] = native.takeAdam(
          gradient,
          mean,
          square,
          parameters,
          target,
          numbers,
          instructionSet,
        );
        return adam.isOfGradient.map((isOfGradient) => (isOfGradient ? ofGradient : ofParameters));
      },
    };
  };
