import { mapOutputs } from '@meow-rl/graph';
import type { Executable, Program, Runtime, StateStore } from '@meow-rl/graph';
import type { Deployment } from '@meow-rl/train';

import {
  candidatesProgram,
  criticProgram,
  densityProgram,
  exploreProgram,
  modeProgram,
  replayedProgram,
  rolloutProgram,
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

/** What an on-policy agent acts and judges with, all on one store. */
export interface OnPolicyPrograms {
  readonly sample: Executable<'observation' | 'noise', string, 'action'>;
  readonly explore: Executable<'observation' | 'noise', string, 'action' | 'sampled' | 'logProb' | 'value'>;
  readonly mode: Executable<'observation', string, 'action'> | undefined;
  readonly value: Executable<'observation', string, 'value'> | undefined;
  dispose(): Promise<void>;
}

type Load = <I extends string, O extends string>(
  program: Program<I, string, O>,
) => Promise<Executable<I, string, O>>;

type LoadIfAny = <I extends string, O extends string>(
  program: Program<I, string, O> | undefined,
) => Promise<Executable<I, string, O> | undefined>;

/** Loads programs on a store; frees what it has loaded if it can't load the rest. */
async function loadTogether<P>(
  runtime: Runtime,
  state: StateStore,
  loadAll: (load: Load, loadIfAny: LoadIfAny) => Promise<P>,
): Promise<P & { dispose(): Promise<void> }> {
  const open: Executable[] = [];
  const dispose = async (): Promise<void> => {
    for (const executable of open) await executable.dispose();
  };
  const load: Load = async (program) => {
    const executable = await runtime.load(program, { state });
    open.push(executable);
    return executable;
  };
  const loadIfAny: LoadIfAny = async (program) => program && load(program);
  try {
    return { ...(await loadAll(load, loadIfAny)), dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Loads what acts. */
export const loadPrograms = (
  algorithm: Algorithm,
  runtime: Runtime,
  state: StateStore,
): Promise<LoadedPrograms> =>
  loadTogether(runtime, state, async (load, loadIfAny) => ({
    sample: await load(sampleProgram(algorithm)),
    explore: await loadIfAny(exploreProgram(algorithm)),
    mode: await loadIfAny(modeProgram(algorithm)),
    critic: await load(criticProgram(algorithm)),
    value: await loadIfAny(valueProgram(algorithm)),
    replayed: await loadIfAny(replayedProgram(algorithm)),
  }));

/** Loads what acts of an on-policy algorithm. */
export const loadOnPolicyPrograms = (
  algorithm: Algorithm,
  runtime: Runtime,
  state: StateStore,
): Promise<OnPolicyPrograms> =>
  loadTogether(runtime, state, async (load, loadIfAny) => ({
    sample: await load(sampleProgram(algorithm)),
    explore: await load(rolloutProgram(algorithm)),
    mode: await loadIfAny(modeProgram(algorithm)),
    value: await loadIfAny(valueProgram(algorithm)),
  }));

/** The programs of an agent to deploy, with the parameters that they read. */
export interface AgentDeployment<Q extends string = string> extends Deployment {
  readonly critic: Program<'observation' | 'action', string, Exclude<Q, 'logProb'>>;
  readonly state: Readonly<Record<string, Float32Array>>;
}

/** Programs to deploy, with the parameters of a store; undefined where there is no deterministic action. */
export function deploymentOf(algorithm: Algorithm, state: StateStore): AgentDeployment | undefined {
  const policy = modeProgram(algorithm);
  if (!policy) return undefined;
  const stochastic =
    densityProgram(algorithm) ?? (algorithm.acting.stochastic ? sampleProgram(algorithm) : undefined);
  const candidates = candidatesProgram(algorithm);
  const names = algorithm.groups.map(({ name }) => stateName(name, 'parameters'));
  return {
    policy,
    ...(candidates && { candidates }),
    ...(stochastic && { stochastic }),
    critic: criticToDeploy(algorithm),
    state: Object.fromEntries(names.map((name) => [name, Float32Array.from(state.read(name))])),
  };
}

const criticToDeploy = (algorithm: Algorithm): AgentDeployment['critic'] =>
  // The log-probability of sampled actions is the sampling program's.
  mapOutputs(criticProgram(algorithm), (outputs) => {
    const { logProb: _, ...values } = outputs;
    return values;
  });
