import { requireMode } from '@meow-rl/flows';
import { program } from '@meow-rl/graph';
import type { Program, StateSpec } from '@meow-rl/graph';

import { pessimistic } from './model.ts';
import type { MeowModel } from './model.ts';

/** State that every program of the agent reads: the parameters as one flat vector. */
const parameterState = ({ layout: { size } }: MeowModel): Readonly<Record<'parameters', StateSpec>> => ({
  parameters: { shape: [size], initial: new Float32Array(size) },
});

const rows = (size: number) => ({ shape: ['batch', size] });

/** Sampled actions in (−1, 1): `observation` [batch, O] and standard normal `noise` [batch, A] to `action` [batch, A]. */
export const sampleProgram = (model: MeowModel): Program<'observation' | 'noise', 'parameters', 'action'> =>
  program(
    {
      inputs: { observation: rows(model.observationSize), noise: rows(model.actionSize) },
      state: parameterState(model),
    },
    ({ observation, noise }, { parameters }) => {
      const { flow } = model.bind(model.layout.unpack(parameters));
      return { outputs: { action: flow.sample(noise, observation).action } };
    },
  );

/** As `sampleProgram`, with the actions' log-probability density `logProb` [batch]. */
export const sampleWithLogProbProgram = (
  model: MeowModel,
): Program<'observation' | 'noise', 'parameters', 'action' | 'logProb'> =>
  program(
    {
      inputs: { observation: rows(model.observationSize), noise: rows(model.actionSize) },
      state: parameterState(model),
    },
    ({ observation, noise }, { parameters }) => ({
      outputs: model.bind(model.layout.unpack(parameters)).flow.sample(noise, observation),
    }),
  );

/** The deterministic action g⁻¹(μ|s): `observation` [batch, O] to `action` [batch, A]. Proposition 2. */
export const modeProgram = (model: MeowModel): Program<'observation', 'parameters', 'action'> =>
  program(
    { inputs: { observation: rows(model.observationSize) }, state: parameterState(model) },
    ({ observation }, { parameters }) => ({
      outputs: { action: requireMode(model.bind(model.layout.unpack(parameters)).flow)(observation) },
    }),
  );

/** Soft values: `observation` [batch, O] to `v1`, `v2` and `value`, the smaller of both, [batch]. Couplings not evaluated. */
export const valueProgram = (model: MeowModel): Program<'observation', 'parameters', 'v1' | 'v2' | 'value'> =>
  program(
    { inputs: { observation: rows(model.observationSize) }, state: parameterState(model) },
    ({ observation }, { parameters }) => {
      const values = model.bind(model.layout.unpack(parameters)).softV(observation);
      return { outputs: { v1: values[0], v2: values[1], value: pessimistic(values) } };
    },
  );

/** Soft Q: `observation` [batch, O] and `action` [batch, A] to `q1`, `q2`, `value` and `logProb`, [batch]. */
export const criticProgram = (
  model: MeowModel,
): Program<'observation' | 'action', 'parameters', 'q1' | 'q2' | 'value' | 'logProb'> =>
  program(
    {
      inputs: { observation: rows(model.observationSize), action: rows(model.actionSize) },
      state: parameterState(model),
    },
    ({ observation, action }, { parameters }) => {
      const bound = model.bind(model.layout.unpack(parameters));
      const [q1, q2] = bound.softQ(observation, action);
      const value = pessimistic(bound.softV(observation));
      return { outputs: { q1, q2, value, logProb: bound.flow.logProb(action, observation) } };
    },
  );
