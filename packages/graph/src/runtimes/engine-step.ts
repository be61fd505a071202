import type { Tensor as OrtTensor, TensorConstructor } from 'onnxruntime-common';

import { DataError } from '../errors.ts';
import type { SharedVector } from '../shared-vector.ts';
import { vectorsRead } from '../stepping/plan.ts';
import type { StepPlan, StepSource } from '../stepping/plan.ts';
import { loadStep } from '../stepping/step.ts';
import { float32, numbersOf } from './cell.ts';
import type { Cell } from './cell.ts';

/** The step of a program, between the results of a session and the states. */
export interface EngineStep {
  /** Where the session can write results that the step reads, by their names. */
  readonly places: Readonly<Record<string, OrtTensor>>;
  /**
   * Reads what the step takes of numbers, and gives the step, which returns the norms among the program's outputs: several steps
   * of one program all go from the states before the first.
   *
   * The states that it works on are moved to where it does so first, unless they are there since the last time.
   */
  ready(
    inputs: Readonly<Record<string, ArrayLike<number>>>,
    results: Readonly<Record<string, OrtTensor>>,
    cellOf: (state: string) => Cell,
  ): () => Readonly<Record<string, Float32Array>>;
}

/** The places of a step's vectors, if its states have some. */
function placesOf(
  plan: StepPlan,
  sharedOf: (state: string) => SharedVector | undefined,
): readonly SharedVector[] | undefined {
  const places = plan.vectors.map((vector) => ('state' in vector ? sharedOf(vector.state) : undefined));
  const given = places.filter((place) => place !== undefined);
  if (given.length === 0) return undefined;
  if (given.length === places.length) return given;
  const without = plan.vectors.flatMap((vector, i) => (places[i] ? [] : Object.values(vector)));
  throw new DataError(
    `load: the step of the program works on shared vectors and on ${without.join(', ')}. Make shared states of all of them, or of none.`,
  );
}

/**
 * Loads a step for sessions of onnxruntime.
 *
 * @param sharedOf where threads share a state
 * @throws DataError if some of its vectors are shared and some aren't
 */
export async function engineStep(
  plan: StepPlan,
  Tensor: TensorConstructor,
  sharedOf: (state: string) => SharedVector | undefined,
): Promise<EngineStep> {
  const { vectors, take } = await loadStep(plan, placesOf(plan, sharedOf));
  const tensors = vectors.map((data) => new Tensor('float32', data, [plan.length]));
  const states: { readonly name: string; readonly tensor: OrtTensor; readonly isRead: boolean }[] = [];
  const read = vectorsRead(plan);
  const outputs: [name: string, tensor: OrtTensor][] = [];
  const given: [name: string, tensor: OrtTensor][] = [];
  plan.vectors.forEach((vector, i) => {
    const tensor = tensors[i];
    if (!tensor) return;
    if ('state' in vector) states.push({ name: vector.state, tensor, isRead: read.has(i) });
    else if ('input' in vector) given.push([vector.input, tensor]);
    else outputs.push([vector.output, tensor]);
  });
  return {
    places: Object.fromEntries(outputs),
    ready: (inputs, results, cellOf) => {
      const numberOf = (source: StepSource): number => {
        if ('state' in source) return numbersOf(cellOf(source.state))[0] ?? Number.NaN;
        const number = 'input' in source ? inputs[source.input]?.[0] : float32(results[source.output])[0];
        return number ?? Number.NaN;
      };
      const scalars = plan.scalars.map(numberOf);
      return () => {
        // All in one turn of the event loop, so that no other run sees states half moved or moves them in between.
        for (const { name, tensor, isRead } of states) {
          const cell = cellOf(name);
          // Shared with other threads it is where it stays.
          if (cell.placed || cell.current === tensor) continue;
          if (isRead) float32(tensor).set(float32(cell.current));
          cell.current = tensor;
        }
        for (const [name, tensor] of given) float32(tensor).set(inputs[name] ?? []);
        for (const [name, tensor] of outputs) {
          const result = results[name];
          // An engine may make room of its own instead of using what it is offered.
          if (result !== tensor) float32(tensor).set(float32(result));
        }
        const made = take(scalars);
        plan.scalarWrites.forEach(({ state }, i) => {
          numbersOf(cellOf(state))[0] = made.scalarWrites[i] ?? Number.NaN;
        });
        const norms: Record<string, Float32Array> = {};
        plan.norms.forEach(({ output }, i) => {
          norms[output] = Float32Array.of(made.norms[i] ?? Number.NaN);
        });
        plan.firstNorms.forEach((norm, i) => {
          for (const output of norm.outputs)
            norms[output] = Float32Array.of(made.firstNorms[i] ?? Number.NaN);
        });
        return norms;
      };
    },
  };
}
