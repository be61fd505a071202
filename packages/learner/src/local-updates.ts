import { DataError } from '@meow-rl/graph';
import type { Executable, FloatArray, InputData, StateStore } from '@meow-rl/graph';

import { algorithmStates, stateName } from './algorithm.ts';
import type { Algorithm } from './algorithm.ts';
import type { Stage } from './definition.ts';
import { drawNoise, noiseRooms, takesPart } from './drawn-noise.ts';
import { expectDistinct, mergedMetrics, stageMetrics } from './metrics.ts';
import type { StageMetric } from './metrics.ts';
import { checkBatch } from './stage-inputs.ts';
import { TD_ERRORS, wholeProgram } from './stage-programs.ts';
import type { UpdateResult, Updates, UpdatesSetup } from './updates.ts';

/** A stage on whole batches, ready to run. */
export interface WholeStage {
  readonly stage: Stage;
  readonly metrics: readonly StageMetric[];
  /** Takes what of these the stage reads. */
  run(inputs: Readonly<Record<string, InputData>>): Promise<{
    /** In the order of `metrics`. */
    readonly metrics: readonly number[];
    readonly tdErrors: FloatArray | undefined;
  }>;
  dispose(): Promise<void>;
}

/** What runs read of some inputs. */
export function runOf(
  executable: Executable,
  inputNames: readonly string[],
): (inputs: Readonly<Record<string, InputData>>) => ReturnType<Executable['run']> {
  return (inputs) =>
    executable.run(
      Object.fromEntries(
        inputNames.flatMap((name) => {
          const data = inputs[name];
          return data === undefined ? [] : [[name, data]];
        }),
      ),
    );
}

export const firstNumber = (values: ArrayLike<number> | undefined): number => values?.[0] ?? Number.NaN;

/** All stages on whole batches, on one store; frees what it has loaded if it can't load the rest. */
export async function wholeStages(
  { algorithm, seed, runtime }: Omit<UpdatesSetup, 'random'>,
  state: StateStore,
): Promise<readonly WholeStage[]> {
  const loaded: WholeStage[] = [];
  try {
    for (const stage of algorithm.stages) {
      const program = wholeProgram(algorithm, stage, seed);
      const metrics = stageMetrics(algorithm, stage, program.outputs);
      const executable = await runtime.load(program, { state });
      const run = runOf(executable, Object.keys(program.inputs));
      loaded.push({
        stage,
        metrics,
        run: async (inputs) => {
          const results = await run(inputs);
          return {
            metrics: metrics.map(({ output }) => firstNumber(results[output])),
            tdErrors: results[TD_ERRORS],
          };
        },
        dispose: () => executable.dispose(),
      });
    }
    expectDistinct(
      algorithm,
      loaded.map(({ metrics }) => metrics),
    );
  } catch (error) {
    for (const stage of loaded) await stage.dispose();
    throw error;
  }
  return loaded;
}

/** Updates in the calling thread, on whatever batches the algorithm reads. */
export interface LocalUpdates extends Omit<Updates, 'run' | 'state'> {
  readonly state: StateStore;
  /** As that of {@link Updates}. */
  run(batch: Readonly<Record<string, Float32Array>>, update: number): Promise<UpdateResult>;
}

/** Makes updates in the calling thread, on the agent's engine: each stage is one run of one program. */
export async function localUpdates(setup: UpdatesSetup): Promise<LocalUpdates> {
  const { algorithm, runtime, random } = setup;
  const state = runtime.createState(algorithmStates(algorithm));
  const stages = await wholeStages(setup, state);
  const rooms = stages.map(({ stage }) => noiseRooms(stage, [algorithm.config.batchSize]));
  let running = false;
  return {
    state,
    actsDuringUpdate: false,
    run: async (batch, update) => {
      if (running) throw new DataError(`${algorithm.definition.name}: an update runs. Await it first.`);
      checkBatch(algorithm, batch);
      running = true;
      try {
        const metrics: Record<string, number> = {};
        let tdErrors: FloatArray | undefined;
        for (const [i, { stage, metrics: reported, run }] of stages.entries()) {
          if (!takesPart(stage, update)) continue;
          const noise = rooms[i] ?? [];
          drawNoise(stage, noise, random, update);
          const drawn = noise.map(({ input, draws: [draw] }) => [input, draw?.array ?? []] as const);
          const result = await run({ ...batch, ...Object.fromEntries(drawn) });
          Object.assign(metrics, mergedMetrics(reported, [result.metrics]));
          tdErrors = result.tdErrors ?? tdErrors;
        }
        return { metrics, tdErrors };
      } finally {
        running = false;
      }
    },
    parameters: (group) => state.read(stateName(group, 'parameters')),
    read: () => readAll(algorithm, state),
    write: (values) => {
      for (const [name, value] of Object.entries(values)) state.write(name, value);
    },
    dispose: async () => {
      for (const stage of stages) await stage.dispose();
    },
  };
}

/** A copy of all states. */
const readAll = (algorithm: Algorithm, state: StateStore): Readonly<Record<string, FloatArray>> =>
  Object.fromEntries(Object.keys(algorithmStates(algorithm)).map((name) => [name, state.read(name)]));
