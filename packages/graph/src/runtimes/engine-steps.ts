import type { Tensor as OrtTensor, TensorConstructor } from 'onnxruntime-common';

import type { SharedVector } from '../shared-vector.ts';
import { vectorsRead } from '../lowering/fused-update/plan.ts';
import type { StepPlan, StepSource } from '../lowering/fused-update/plan.ts';
import { loadStep } from '../lowering/fused-update/step.ts';
import type { CompileStep } from '../lowering/fused-update/step.ts';
import { float32, numbersOf } from './state-buffer.ts';
import type { StateBuffer } from './state-buffer.ts';

type Inputs = Readonly<Record<string, ArrayLike<number>>>;
type Results = Readonly<Record<string, OrtTensor>>;
type Norms = Record<string, Float32Array>;

/** The steps of a program, between the results of a session and the states. */
interface EngineSteps {
  /** Where the session can write the results that the steps read, by their names. */
  readonly gradients: Readonly<Record<string, OrtTensor>>;
  /**
   * Takes the steps from the inputs and what a session gave. Returns the norms among the program's outputs.
   *
   * The states that they work on are moved to where they do so first, unless they are there since the last time.
   */
  take(inputs: Inputs, results: Results): Readonly<Norms>;
}

interface EngineStep {
  readonly gradients: readonly (readonly [name: string, tensor: OrtTensor])[];
  /** Moves what it reads to where it works, and returns the numbers that it needs. */
  prepare(inputs: Inputs, results: Results): readonly number[];
  /** Writes vectors and norms, and returns what changes states of one number: no step may see what another one writes. */
  take(numbers: readonly number[], norms: Norms): () => void;
}

type BufferOf = (state: string) => StateBuffer;

/** Where a step's vectors lie in memory that threads share: all of them, or none. */
function sharedVectorsOf(plan: StepPlan, bufferOf: BufferOf): readonly SharedVector[] | undefined {
  const vectors = plan.vectors.flatMap((vector) =>
    'state' in vector ? (bufferOf(vector.state).shared ?? []) : [],
  );
  return vectors.length > 0 ? vectors : undefined;
}

interface EngineStepOptions {
  readonly Tensor: TensorConstructor;
  readonly bufferOf: BufferOf;
  /** The engine's own functions, where it has some. */
  readonly compile: CompileStep | undefined;
}

async function engineStep(
  plan: StepPlan,
  { Tensor, bufferOf, compile }: EngineStepOptions,
): Promise<EngineStep> {
  const { vectors, take } = await loadStep(plan, sharedVectorsOf(plan, bufferOf), compile);
  const tensors = vectors.map((data) => new Tensor('float32', data, [plan.length]));
  const states: {
    readonly name: string;
    readonly tensor: OrtTensor;
    readonly isRead: boolean;
    readonly isWritten: boolean;
  }[] = [];
  const read = vectorsRead(plan);
  const written = new Set(plan.writes.map(({ state }) => state));
  const outputs: [name: string, tensor: OrtTensor][] = [];
  const given: [name: string, tensor: OrtTensor][] = [];
  plan.vectors.forEach((vector, i) => {
    const tensor = tensors[i];
    if (!tensor) return;
    if ('state' in vector)
      states.push({ name: vector.state, tensor, isRead: read.has(i), isWritten: written.has(vector.state) });
    else if ('input' in vector) given.push([vector.input, tensor]);
    else outputs.push([vector.output, tensor]);
  });
  return {
    gradients: outputs,
    prepare: (inputs, results) => {
      for (const { name, tensor, isRead, isWritten } of states) {
        const buffer = bufferOf(name);
        // In memory that threads share it is where it stays.
        if (buffer.shared || buffer.current === tensor) continue;
        if (isRead) float32(tensor).set(float32(buffer.current));
        // What is only read stays where another step may work on it.
        if (isWritten) buffer.current = tensor;
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
      return plan.scalars.map(numberOf);
    },
    take: (numbers, norms) => {
      const made = take(numbers);
      plan.norms.forEach(({ output }, i) => {
        norms[output] = Float32Array.of(made.norms[i] ?? Number.NaN);
      });
      plan.firstNorms.forEach((norm, i) => {
        for (const output of norm.outputs) norms[output] = Float32Array.of(made.firstNorms[i] ?? Number.NaN);
      });
      return () => {
        plan.scalarWrites.forEach(({ state }, i) => {
          numbersOf(bufferOf(state))[0] = made.scalarWrites[i] ?? Number.NaN;
        });
      };
    },
  };
}

/** Loads the steps of a program for sessions of onnxruntime. */
export async function engineSteps(
  plans: readonly StepPlan[],
  options: EngineStepOptions,
): Promise<EngineSteps> {
  const steps = await Promise.all(plans.map((plan) => engineStep(plan, options)));
  return {
    gradients: Object.fromEntries(steps.flatMap(({ gradients }) => gradients)),
    take: (inputs, results) => {
      const norms: Norms = {};
      // All in one turn of the event loop, so that no other run sees states half moved or moves them in between.
      const numbers = steps.map((step) => step.prepare(inputs, results));
      const writes = steps.map((step, i) => step.take(numbers[i] ?? [], norms));
      for (const write of writes) write();
      return norms;
    },
  };
}
