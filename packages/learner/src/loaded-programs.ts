import { mapOutputs } from '@meow-rl/graph';
import type { Executable, Program, Runtime, StateStore } from '@meow-rl/graph';
import type { Deployment } from '@meow-rl/train';

import {
  criticProgram,
  densityProgram,
  modeProgram,
  replayedProgram,
  sampleProgram,
  valueProgram,
} from './acting-programs.ts';
import { stateName } from './algorithm.ts';
import type { Algorithm } from './algorithm.ts';

/** What acts and judges, all on one store. */
export interface LoadedPrograms {
  readonly sample: Executable;
  readonly mode: Executable | undefined;
  readonly critic: Executable;
  readonly value: Executable | undefined;
  readonly replayed: Executable | undefined;
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
  const load = async (program: Program): Promise<Executable> => {
    const executable = await runtime.load(program, { state });
    open.push(executable);
    return executable;
  };
  const loadIfAny = async (program: Program | undefined) => program && load(program);
  try {
    return {
      sample: await load(sampleProgram(algorithm)),
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

/** Programs to deploy, with the parameters of a store. */
export function deploymentOf(algorithm: Algorithm, state: StateStore): Deployment | undefined {
  const policy = modeProgram(algorithm);
  if (!policy) return undefined;
  const stochastic = densityProgram(algorithm);
  const critic = mapOutputs(criticProgram(algorithm), ({ logProb: _, ...values }) => values);
  const names = algorithm.groups.map(({ name }) => stateName(name, 'parameters'));
  return {
    policy,
    ...(stochastic && { stochastic }),
    critic,
    state: Object.fromEntries(names.map((name) => [name, Float32Array.from(state.read(name))])),
  };
}
