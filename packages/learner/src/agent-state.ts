import { DataError, staticSize } from '@meow-rl/graph';
import type { FloatArray } from '@meow-rl/graph';
import { generatorFromState } from '@meow-rl/random';
import type { GeneratorState } from '@meow-rl/random';
import type { AgentState } from '@meow-rl/train';

import { groupStates } from './algorithm.ts';
import type { Algorithm } from './algorithm.ts';
import { formerValuesOf } from './settings/index.ts';

/** The generators of an agent: of the noise of sampled actions, and of updates. */
const GENERATORS = ['actingNoise', 'updateNoise'] as const;

/** Everything that training changes in an agent. */
export interface LearnedState extends Readonly<Record<(typeof GENERATORS)[number], GeneratorState>> {
  /** Parameters, targets and optimizers' states, by the names of states. */
  readonly states: Readonly<Record<string, FloatArray>>;
  /** Updates made. */
  readonly updates: number;
}

const SAME = 'Give what state() of an agent with the same settings returned.';

/** A tensor of a saved state: a parameter, its target or moment, or one number. */
interface Part {
  readonly name: string;
  readonly shape: readonly number[];
}

/** The tensors of all states by the names under which they are saved: `critics/target/q1.0.weight`, `actor/adam/biasCorrection1`. */
const partsOf = (algorithm: Algorithm): readonly (readonly [state: string, parts: readonly Part[]])[] =>
  algorithm.groups.flatMap((group) =>
    Object.entries(groupStates(group)).map(([state, { shape }]) => {
      const parameters = group.layout.specs.map((spec) => ({
        name: `${state}/${spec.name}`,
        shape: spec.shape,
      }));
      return [state, shape.length === 0 ? [{ name: state, shape }] : parameters] as const;
    }),
  );

/** A state as it is saved: each parameter, its target and moments by name. */
export function packState(algorithm: Algorithm, { states, ...values }: LearnedState): AgentState {
  const tensors: Record<string, { shape: readonly number[]; data: ArrayLike<number> }> = {};
  for (const [state, parts] of partsOf(algorithm)) {
    let at = 0;
    for (const { name, shape } of parts) {
      const size = staticSize(shape);
      tensors[name] = { shape, data: states[state]?.slice(at, at + size) ?? [] };
      at += size;
    }
  }
  const { definition, config } = algorithm;
  const settings = Object.fromEntries(
    Object.keys(formerValuesOf(definition.settings)).map((key) => [key, Reflect.get(config, key)]),
  );
  return {
    tensors,
    values: {
      algorithm: definition.name,
      ...(Object.keys(settings).length > 0 && { settings }),
      ...values,
    },
  };
}

/**
 * Checks the settings that a state tells, or would if they had been there. One that was saved without such a setting is of
 * an agent with its former value, unless who made this agent has decided on the setting.
 *
 * @throws DataError naming one that the agent has otherwise
 */
function checkSettings({ definition, config, given }: Algorithm, saved: unknown): void {
  const { name, settings } = definition;
  const recorded = typeof saved === 'object' && saved !== null ? saved : {};
  for (const [key, formerly] of Object.entries(formerValuesOf(settings))) {
    const now: unknown = Reflect.get(config, key);
    const isRecorded = Object.hasOwn(recorded, key);
    if (!isRecorded && given.has(key)) continue;
    const then: unknown = isRecorded ? Reflect.get(recorded, key) : formerly;
    if (then === now) continue;
    const since = isRecorded ? '' : ', as all had before this setting was there';
    throw new DataError(
      `${name}: the state is of an agent with ${key} ${String(then)}${since}; this one has ${String(now)}. Make it with ${key} ${String(then)} to go on, or train anew.`,
    );
  }
}

/**
 * A saved state for an algorithm.
 *
 * @throws DataError naming what is missing, unknown or of another shape
 */
export function unpackState(algorithm: Algorithm, { tensors, values }: AgentState): LearnedState {
  const { name } = algorithm.definition;
  const { algorithm: saved, updates } = values;
  if (saved !== name)
    throw new DataError(`${name}: the state is of algorithm ${String(saved)}, expected ${name}. ${SAME}`);
  if (!(typeof updates === 'number' && Number.isInteger(updates) && updates >= 0))
    throw new DataError(
      `${name}: updates of the state is ${String(updates)}, expected a whole number. ${SAME}`,
    );
  checkSettings(algorithm, values['settings']);
  const known = new Set<string>();
  const states: Record<string, FloatArray> = {};
  for (const [state, parts] of partsOf(algorithm)) {
    // Wide enough for the numbers of every runtime.
    const flat = new Float64Array(parts.reduce((total, { shape }) => total + staticSize(shape), 0));
    let at = 0;
    for (const part of parts) {
      const tensor = tensors[part.name];
      const expected = `[${part.shape.join(', ')}]`;
      if (!tensor) throw new DataError(`${name}: the state lacks ${part.name} ${expected}. ${SAME}`);
      if (`[${tensor.shape.join(', ')}]` !== expected || tensor.data.length !== staticSize(part.shape))
        throw new DataError(
          `${name}: ${part.name} of the state is [${tensor.shape.join(', ')}] with ${tensor.data.length} elements, expected ${expected}. ${SAME}`,
        );
      known.add(part.name);
      flat.set(tensor.data, at);
      at += tensor.data.length;
    }
    states[state] = flat;
  }
  const unknown = Object.keys(tensors).find((tensor) => !known.has(tensor));
  if (unknown !== undefined)
    throw new DataError(`${name}: the state has an unknown tensor ${unknown}. ${SAME}`);
  const [actingNoise, updateNoise] = GENERATORS.map((generator) => {
    const state = values[generator];
    if (!isGeneratorState(state))
      throw new DataError(`${name}: the state lacks the generator ${generator}. ${SAME}`);
    // Throws if its numbers can't be one's, before anything of the agent has changed.
    return generatorFromState(state).state();
  });
  if (!actingNoise || !updateNoise) throw new DataError(`${name}: the state lacks its generators. ${SAME}`);
  return { states, updates, actingNoise, updateNoise };
}

const isGeneratorState = (value: unknown): value is GeneratorState =>
  typeof value === 'object' && value !== null && 'words' in value && 'spare' in value;
