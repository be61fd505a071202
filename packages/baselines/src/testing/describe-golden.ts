import type { Tensor } from '@meow-rl/graph';
import { resolveAlgorithm } from '@meow-rl/learner';
import type { AlgorithmDefinition, CommonSettings, LossInputs, NetworkGroups, Stage } from '@meow-rl/learner';
import type { SettingsOf } from '@meow-rl/learner/settings';
import {
  expectAgreement,
  expectParameters,
  GOLDEN_RUNTIMES,
  readGolden,
  stageRunner,
} from '@meow-rl/learner/testing';
import type { GoldenParameters, StageRunner } from '@meow-rl/learner/testing';
import { describe, expect, test } from 'vitest';

/** A batch as the golden files write it; `done` is 1 where the task ended. */
export interface GoldenBatch {
  readonly obs: readonly (readonly number[])[];
  readonly act: readonly (readonly number[])[];
  readonly reward: readonly number[];
  readonly nextObs: readonly (readonly number[])[];
  readonly done: readonly number[];
}

/** What the configurations of all cases have. */
type GoldenConfig = Readonly<Record<'obsDim' | 'actDim' | 'gamma', number>>;

/** Numbers of an update by name; null where it has no such number, as it leaves a network alone. */
export type GoldenStep = Readonly<Record<string, number | number[] | number[][] | number[][][] | null>>;

/** A case of a golden file: networks, batches, and what each update with them gives. */
export interface GoldenCase<C, B> {
  readonly name: string;
  readonly config: GoldenConfig & C;
  readonly params: GoldenParameters;
  readonly target: GoldenParameters;
  readonly batches: readonly (GoldenBatch & B)[];
  readonly steps: readonly GoldenStep[];
  readonly finalParams: GoldenParameters;
  readonly finalTarget: GoldenParameters;
}

type Numbers = Readonly<Record<string, ArrayLike<number> | undefined>>;

/** An algorithm whose updates are compared with a golden file; C and B are what its configurations and batches have. */
export interface GoldenOptions<N extends NetworkGroups, T extends CommonSettings, Q extends string, C, B> {
  readonly definition: AlgorithmDefinition<N, T, Q>;
  /** Its file in the package's fixtures. */
  readonly file: string;
  /** The settings of a case, but for the size of batches. */
  readonly configOf: (config: C, actionSize: number) => Partial<SettingsOf<T>>;
  /** Of each stage what it is to give of each transition, beside its metrics. */
  readonly shown: readonly ((
    inputs: LossInputs<N>,
    config: SettingsOf<T>,
  ) => Readonly<Record<string, Tensor>>)[];
  /** The noise of a batch by its name in the definition. */
  readonly noiseOf: (batch: B) => Readonly<Record<string, readonly number[]>>;
  /** Numbers that the outputs of an update's programs hold in another way. */
  readonly numbersOf?: (
    outputs: Numbers,
    given: { readonly state: StageRunner['state']; readonly actionSize: number },
  ) => Numbers;
  /** What updates are to give; default: the numbers of the case. */
  readonly expectedOf?: (golden: GoldenCase<C, B>) => readonly GoldenStep[];
}

/** What programs call numbers that the files call otherwise. */
const OUTPUTS: Readonly<Record<string, string>> = {
  criticGradNorm: 'gradientNorm/critics',
  actorGradNorm: 'gradientNorm/actor',
  samplerGradNorm: 'gradientNorm/sampler',
  alphaLoss: 'temperatureLoss',
};

/** A stage that also gives what is shown. */
export const showingStage = <N extends NetworkGroups, I extends string>(
  stage: Stage<N, I>,
  shownOf: (inputs: LossInputs<N, I>) => Readonly<Record<string, Tensor>> | undefined,
): Stage<N, I> => ({
  ...stage,
  loss: (inputs) => {
    const { metrics, ...loss } = stage.loss(inputs);
    return { ...loss, metrics: { ...metrics, ...shownOf(inputs) } };
  },
});

/** The inputs of a stage. */
const inputsOf = (
  { obs, act, reward, nextObs, done }: GoldenBatch,
  gamma: number,
  noise: Readonly<Record<string, readonly number[]>>,
) => ({
  observation: obs.flat(),
  action: act.flat(),
  reward: [...reward],
  nextObservation: nextObs.flat(),
  discount: done.map((ended) => gamma * (1 - ended)),
  weight: reward.map(() => 1),
  ...Object.fromEntries(Object.entries(noise).map(([name, values]) => [`noise/${name}`, [...values]])),
});

/** Tests an algorithm on all numbers of all updates of its golden file. */
export function describeGolden<N extends NetworkGroups, T extends CommonSettings, Q extends string, C, B>({
  definition,
  file,
  configOf,
  shown,
  noiseOf,
  numbersOf = (outputs) => outputs,
  expectedOf = ({ steps }) => steps,
}: GoldenOptions<N, T, Q, C, B>): void {
  const showing: typeof definition = {
    ...definition,
    stages: (sizes, config) =>
      definition
        .stages(sizes, config)
        .map((stage, k) => showingStage(stage, (inputs) => shown[k]?.(inputs, config))),
  };
  const cases = readGolden<GoldenCase<C, B>>(file, new URL('..', import.meta.url).href);
  describe.each(GOLDEN_RUNTIMES)(`${definition.name} on $runtime.name`, ({ runtime, tolerance }) => {
    test.each(cases)('$name', async (golden) => {
      const { obsDim: observationSize, actDim: actionSize, gamma } = golden.config;
      const algorithm = resolveAlgorithm(
        showing,
        { observationSize, actionSize },
        { ...configOf(golden.config, actionSize), batchSize: golden.batches[0]?.reward.length ?? 0 },
      );
      const stages = await stageRunner(algorithm, runtime);
      stages.write(golden.params, golden.target);
      const steps = expectedOf(golden);
      expect(steps).toHaveLength(golden.batches.length);

      for (const [i, batch] of golden.batches.entries()) {
        const inputs = inputsOf(batch, gamma, noiseOf(batch));
        const outputs: Record<string, ArrayLike<number>> = {};
        for (const [k, { every = 1 }] of algorithm.stages.entries())
          if ((i + 1) % every === 0) Object.assign(outputs, await stages.run(k, inputs));
        const numbers = numbersOf(outputs, { state: stages.state, actionSize });
        for (const [name, expected] of Object.entries(steps[i] ?? {})) {
          const what = `update ${i}: ${name}`;
          const values = numbers[OUTPUTS[name] ?? name];
          if (expected === null) expect(values, what).toBeUndefined();
          else expectAgreement(values, [expected].flat(3), tolerance, what);
        }
      }
      expectParameters(stages.parameters(), golden.finalParams, tolerance);
      expectParameters(stages.targets(), golden.finalTarget, tolerance);
      await stages.dispose();
    });
  });
}
