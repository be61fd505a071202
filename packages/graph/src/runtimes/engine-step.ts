import type { Tensor as OrtTensor, TensorConstructor } from 'onnxruntime-common';

import { DataError } from '../errors.ts';
import type { SharedVector } from '../shared-vector.ts';
import { vectorsRead } from '../stepping/plan.ts';
import type { StepPlan, StepSource } from '../stepping/plan.ts';
import { loadStep } from '../stepping/step.ts';
import { float32, numbersOf } from './state-buffer.ts';
import type { StateBuffer } from './state-buffer.ts';

/** The step of a program, between the results of a session and the states. */
export interface EngineStep {
  /** Where the session can write results that the step reads, by their names. */
  readonly places: Readonly<Record<string, OrtTensor>>;
  /**
   * Takes the step from the inputs and what a session gave. Returns the norms among the program's outputs.
   *
   * The states that it works on are moved to where it does so first, unless they are there since the last time.
   */
  take(
    inputs: Readonly<Record<string, ArrayLike<number>>>,
    results: Readonly<Record<string, OrtTensor>>,
  ): Readonly<Record<string, Float32Array>>;
}

/** Where a step's vectors lie in memory that threads share, if its states do. */
function sharedVectorsOf(
  plan: StepPlan,
  bufferOf: (state: string) => StateBuffer,
): readonly SharedVector[] | undefined {
  const vectors = plan.vectors.map((vector) =>
    'state' in vector ? bufferOf(vector.state).shared : undefined,
  );
  const shared = vectors.filter((vector) => vector !== undefined);
  if (shared.length === 0) return undefined;
  if (shared.length === vectors.length) return shared;
  const without = plan.vectors.flatMap((vector, i) => (vectors[i] ? [] : Object.values(vector)));
  throw new DataError(
    `load: the step of the program works on vectors in shared memory and on ${without.join(', ')}. Make states in shared memory of all of them, or of none.`,
  );
}

/**
 * Loads a step for sessions of onnxruntime.
 *
 * @throws DataError if some of its vectors lie in shared memory and some don't
 */
export async function engineStep(
  plan: StepPlan,
  Tensor: TensorConstructor,
  bufferOf: (state: string) => StateBuffer,
): Promise<EngineStep> {
  const { vectors, take } = await loadStep(plan, sharedVectorsOf(plan, bufferOf));
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
    take: (inputs, results) => {
      // All in one turn of the event loop, so that no other run sees states half moved or moves them in between.
      for (const { name, tensor, isRead } of states) {
        const buffer = bufferOf(name);
        // In memory that threads share it is where it stays.
        if (buffer.shared || buffer.current === tensor) continue;
        if (isRead) float32(tensor).set(float32(buffer.current));
        buffer.current = tensor;
      }
      for (const [name, tensor] of given) float32(tensor).set(inputs[name] ?? []);
      for (const [name, tensor] of outputs) {
        const result = results[name];
        // An engine may make room of its own instead of using what it is offered.
        if (result !== tensor) float32(tensor).set(float32(result));
      }
      const numberOf = (source: StepSource): number => {
        if ('state' in source) return numbersOf(bufferOf(source.state))[0] ?? Number.NaN;
        const number = 'input' in source ? inputs[source.input]?.[0] : float32(results[source.output])[0];
        return number ?? Number.NaN;
      };
      const made = take(plan.scalars.map(numberOf));
      plan.scalarWrites.forEach(({ state }, i) => {
        numbersOf(bufferOf(state))[0] = made.scalarWrites[i] ?? Number.NaN;
      });
      const norms: Record<string, Float32Array> = {};
      plan.norms.forEach(({ output }, i) => {
        norms[output] = Float32Array.of(made.norms[i] ?? Number.NaN);
      });
      plan.firstNorms.forEach((norm, i) => {
        for (const output of norm.outputs) norms[output] = Float32Array.of(made.firstNorms[i] ?? Number.NaN);
      });
      return norms;
    },
  };
}
