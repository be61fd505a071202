import type { Executable, FloatArray, InputData, ParameterValues, Runtime, StateStore } from '@meow-rl/graph';
import { algorithmStates, stateName } from '../algorithm.ts';
import { wholeProgram } from '../stage-programs.ts';
import type { Algorithm } from '../algorithm.ts';

/** The stages of an algorithm on a store that tests write and read, with all that their programs give. */
export interface StageRunner {
  readonly state: StateStore;
  /** Runs one stage; takes what of the inputs it reads. */
  run(
    stage: number,
    inputs: Readonly<Record<string, InputData>>,
  ): Promise<Readonly<Record<string, FloatArray>>>;
  /** Writes the parameters of all groups, and those of targets that are given. */
  write(parameters: ParameterValues, targets: ParameterValues): void;
  /** Parameters of all groups by name. */
  parameters(): ParameterValues;
  /** Parameters of all targets by name. */
  targets(): ParameterValues;
  dispose(): Promise<void>;
}

export async function stageRunner(algorithm: Algorithm, runtime: Runtime): Promise<StageRunner> {
  const state = runtime.createState(algorithmStates(algorithm));
  const programs = algorithm.stages.map((stage) => wholeProgram(algorithm, stage, 0));
  const executables: Executable[] = [];
  for (const program of programs) executables.push(await runtime.load(program, { state }));
  const named = (part: 'parameters' | 'target'): ParameterValues =>
    Object.assign(
      {},
      ...algorithm.groups.map(({ name, layout, isFollowed }) =>
        part === 'parameters' || isFollowed ? layout.unflatten(state.read(stateName(name, part))) : {},
      ),
    );
  return {
    state,
    run: async (stage, inputs) => {
      const known = Object.keys(programs[stage]?.inputs ?? {});
      const given = Object.entries(inputs).filter(([name]) => known.includes(name));
      return (await executables[stage]?.run(Object.fromEntries(given))) ?? {};
    },
    write: (parameters, targets) => {
      for (const { name, layout, isFollowed } of algorithm.groups) {
        const pick = (values: ParameterValues) =>
          layout.flatten(
            Object.fromEntries(
              layout.specs.flatMap((spec) => {
                const value = values[spec.name];
                return value ? [[spec.name, { ...value, shape: spec.shape }] as const] : [];
              }),
            ),
          );
        state.write(stateName(name, 'parameters'), pick(parameters));
        if (isFollowed) state.write(stateName(name, 'target'), pick(targets));
      }
    },
    parameters: () => named('parameters'),
    targets: () => named('target'),
    dispose: async () => {
      for (const executable of executables) await executable.dispose();
    },
  };
}
