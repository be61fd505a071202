import { DataError, staticSize } from '@meow-rl/graph';
import type { FloatArray } from '@meow-rl/graph';
import { generatorFromState } from '@meow-rl/random';
import type { GeneratorState } from '@meow-rl/random';
import type { AgentState } from '@meow-rl/train';

import { learnerState } from './apply-gradient.ts';
import type { LearnerState } from './apply-gradient.ts';
import { eachState } from './learner/states.ts';
import type { MeowModel } from './model.ts';

/** Everything that training changes in a MEow agent. */
export interface MeowState {
  readonly learner: Readonly<Record<LearnerState, FloatArray>>;
  /** Updates made. */
  readonly updates: number;
  /** Draws the noise of sampled actions. */
  readonly noise: GeneratorState;
  /** Draws the offsets of dropout masks. */
  readonly dropout: GeneratorState;
}

const ALGORITHM = 'meow';
const SAME = 'Give what state() of an agent with the same settings returned.';

interface Part {
  readonly name: string;
  readonly shape: readonly number[];
}

/** The parts of a state by the names under which they are saved: `target.prior.0.weight`, `firstWeight`. */
const partsOf = (model: MeowModel, name: LearnerState): readonly Part[] => {
  const { shape } = learnerState(model)[name];
  if (shape.length === 0) return [{ name, shape }];
  return model.layout.specs.map((spec) => ({ name: `${name}.${spec.name}`, shape: spec.shape }));
};

/** A state as it is saved: each parameter, its target and moments by name. */
export function packState(model: MeowModel, { learner, updates, noise, dropout }: MeowState): AgentState {
  const tensors: Record<string, { shape: readonly number[]; data: ArrayLike<number> }> = {};
  eachState((state) => {
    let at = 0;
    for (const { name, shape } of partsOf(model, state)) {
      const size = staticSize(shape);
      tensors[name] = { shape, data: learner[state].slice(at, at + size) };
      at += size;
    }
  });
  return { tensors, values: { algorithm: ALGORITHM, updates, noise, dropout } };
}

/**
 * A saved state for a model.
 *
 * @throws DataError naming what is missing, unknown or of another shape
 */
export function unpackState(model: MeowModel, { tensors, values }: AgentState): MeowState {
  const { algorithm, updates } = values;
  if (algorithm !== ALGORITHM)
    throw new DataError(
      `meow: the state is of algorithm ${String(algorithm)}, expected ${ALGORITHM}. ${SAME}`,
    );
  if (!(typeof updates === 'number' && Number.isInteger(updates) && updates >= 0))
    throw new DataError(`meow: updates of the state is ${String(updates)}, expected a whole number. ${SAME}`);
  const known = new Set<string>();
  const learner = eachState((state) => {
    // Wide enough for the numbers of every runtime.
    const flat = new Float64Array(staticSize(learnerState(model)[state].shape));
    let at = 0;
    for (const { name, shape } of partsOf(model, state)) {
      const tensor = tensors[name];
      const expected = `[${shape.join(', ')}]`;
      if (!tensor) throw new DataError(`meow: the state lacks ${name} ${expected}. ${SAME}`);
      if (`[${tensor.shape.join(', ')}]` !== expected || tensor.data.length !== staticSize(shape))
        throw new DataError(
          `meow: ${name} of the state is [${tensor.shape.join(', ')}] with ${tensor.data.length} elements, expected ${expected}. ${SAME}`,
        );
      known.add(name);
      flat.set(tensor.data, at);
      at += tensor.data.length;
    }
    return flat;
  });
  const unknown = Object.keys(tensors).find((name) => !known.has(name));
  if (unknown !== undefined) throw new DataError(`meow: the state has an unknown tensor ${unknown}. ${SAME}`);
  const generator = (name: 'noise' | 'dropout'): GeneratorState => {
    const saved = values[name];
    if (!isGeneratorState(saved)) throw new DataError(`meow: the state lacks the generator ${name}. ${SAME}`);
    // Throws if its numbers can't be one's, before anything of the agent has changed.
    return generatorFromState(saved).state();
  };
  return { learner, updates, noise: generator('noise'), dropout: generator('dropout') };
}

const isGeneratorState = (value: unknown): value is GeneratorState =>
  typeof value === 'object' && value !== null && 'words' in value && 'spare' in value;
