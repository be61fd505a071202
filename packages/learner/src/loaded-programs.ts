import { mapOutputs } from '@meow-rl/graph';
import type { Executable, Program, Runtime, StateStore } from '@meow-rl/graph';
import type { Deployment } from '@meow-rl/train';

import {
  criticProgram,
  densityProgram,
  exploreProgram,
  modeProgram,
  replayedProgram,
  sampleProgram,
  valueProgram,
} from './acting-programs.ts';
import { stateName } from './algorithm.ts';
import type { Algorithm } from './algorithm.ts';

/** What acts and judges, all on one store. */
export interface LoadedPrograms {
  readonly sample: Executable<'observation' | 'noise', string, 'action'>;
  readonly explore: Executable<'observation' | 'noise', string, 'action' | 'replayed'> | undefined;
  readonly mode: Executable<'observation', string, 'action'> | undefined;
  readonly critic: Executable<'observation' | 'action'>;
  readonly value: Executable<'observation', string, 'value'> | undefined;
  readonly replayed: Executable<'action', string, 'replayed'> | undefined;
  dispose(): Promise<void>;
}

/** Loads what acts; frees what it has loaded if it can't load the rest. */
export async function loadPrograms(
  algorithm: Algorithm,
  runtime: Runtime,
  state: StateStore,
): Promise<LoadedPrograms> {
  const open: Executable[] = [];
  const dispose = async (): Promise<void> => {
    for (const executable of open) await executable.dispose();
  };
  const load = async <I extends string, O extends string>(
    program: Program<I, string, O>,
  ): Promise<Executable<I, string, O>> => {
    const executable = await runtime.load(program, { state });
    open.push(executable);
    return executable;
  };
  const loadIfAny = async <I extends string, O extends string>(program: Program<I, string, O> | undefined) =>
    program && load(program);
  try {
    return {
      sample: await load(sampleProgram(algorithm)),
      explore: await loadIfAny(exploreProgram(algorithm)),
      mode: await loadIfAny(modeProgram(algorithm)),
      critic: await load(criticProgram(algorithm)),
      value: await loadIfAny(valueProgram(algorithm)),
      replayed: await loadIfAny(replayedProgram(algorithm)),
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** The programs of an agent to deploy, with the parameters that they read. */
export interface AgentDeployment<Q extends string = string> extends Deployment {
  readonly critic: Program<'observation' | 'action', string, Exclude<Q, 'logProb'>>;
  readonly state: Readonly<Record<string, Float32Array>>;
}

/** Programs to deploy, with the parameters of a store; undefined where there is no deterministic action. */
export function deploymentOf(algorithm: Algorithm, state: StateStore): AgentDeployment | undefined {
  const policy = modeProgram(algorithm);
  if (!policy) return undefined;
  const stochastic = densityProgram(algorithm);
  const names = algorithm.groups.map(({ name }) => stateName(name, 'parameters'));
  return {
    policy,
    ...(stochastic && { stochastic }),
    // That of sampled actions is the sampling program's.
    critic: mapOutputs(criticProgram(algorithm), (outputs) => {
      const { logProb: _, ...values } = outputs;
      return values;
    }),
    state: Object.fromEntries(names.map((name) => [name, Float32Array.from(state.read(name))])),
  };
}
