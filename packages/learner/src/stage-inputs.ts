import { DataError, GraphError, mapValues, mul, staticSize, sum } from '@meow-rl/graph';
import type { InputSpec, Tensor } from '@meow-rl/graph';
import { dropoutBank, dropoutOffsets } from '@meow-rl/nn';
import { stream } from '@meow-rl/random';

import { groupOf, stateName } from './algorithm.ts';
import type { Algorithm, Group } from './algorithm.ts';
import type { BatchInput, LossInputs, NetworkGroups, BoundGroups, Stage, StageLoss } from './definition.ts';
import { integers } from './noise.ts';
import type { Noise } from './noise.ts';
import { STREAM } from './streams.ts';

/** Something for each input of an update. */
export const eachBatchInput = <T>(make: (name: BatchInput) => T): Record<BatchInput, T> => ({
  observation: make('observation'),
  action: make('action'),
  reward: make('reward'),
  nextObservation: make('nextObservation'),
  discount: make('discount'),
  weight: make('weight'),
});

/** Entries of a row of each input of an update. */
export const batchWidths = ({ sizes, replayedSize }: Algorithm): Readonly<Record<BatchInput, number>> => ({
  observation: sizes.observationSize,
  action: replayedSize,
  reward: 1,
  nextObservation: sizes.observationSize,
  discount: 1,
  weight: 1,
});

/** @throws DataError unless a batch has as many entries as the programs of stages read */
export function checkBatch(
  { definition, config, columns }: Algorithm,
  batch: Readonly<Record<string, Float32Array>>,
): void {
  for (const [name, axes] of Object.entries(columns)) {
    const given = batch[name]?.length ?? 0;
    const expected = config.batchSize * staticSize(axes);
    if (given !== expected)
      throw new DataError(
        `${definition.name}: the batch's ${name} has ${given} entries, expected ${expected}. Give as many transitions as batchSize says.`,
      );
  }
}

/** The noise of a stage's dropout. */
const OFFSETS = 'dropoutOffsets';

/** Everything that a stage draws for some rows, by name and in order: its noise, then offsets into its bank of dropout masks. */
export const stageNoise = (
  { noise = {}, dropout }: Stage<NetworkGroups, string>,
  rows: number,
): Readonly<Record<string, Noise>> => ({
  ...noise,
  ...(dropout && { [OFFSETS]: integers(dropout.uses, dropoutOffsets(dropout.largest * rows)) }),
});

/** Name of a program's input for noise. */
export const noiseInput = (name: string): string => `noise/${name}`;

/**
 * Inputs of a stage's program over `rows` transitions. The number of rows is fixed, so that sums over them are products with
 * ones.
 */
export function stageInputs(
  algorithm: Algorithm,
  stage: Stage<NetworkGroups, string>,
  rows: number,
): Readonly<Record<string, InputSpec>> {
  const noise = Object.entries(stageNoise(stage, rows)).map(([name, { dtype, shape }]) => [
    noiseInput(name),
    { dtype, shape: shape(rows) },
  ]);
  return {
    ...mapValues(algorithm.columns, (columns) => ({ shape: [rows, ...columns] })),
    ...Object.fromEntries(noise),
  };
}

/** The networks of all groups with parameters of one kind. Reading another one throws GraphError. */
export const boundGroups = (
  algorithm: Algorithm,
  state: Readonly<Record<string, Tensor>>,
  part: 'parameters' | 'target',
): BoundGroups<NetworkGroups> => {
  const bound: BoundGroups<NetworkGroups> = Object.fromEntries(
    algorithm.groups.flatMap((group) => {
      const vector = state[stateName(group.name, part)];
      return vector ? [[group.name, group.module.bind(group.layout.unpack(vector))]] : [];
    }),
  );
  return new Proxy(bound, {
    get: (groups, key) => {
      if (typeof key === 'string' && !Object.hasOwn(groups, key)) {
        // An unknown one is named with those that there are.
        const { name } = groupOf(algorithm, key);
        throw new GraphError(
          `${algorithm.definition.name}: the target of ${name} is read, but no stage has it follow. Give a stage targets: { ${name}: τ }, or read networks.${name}.`,
        );
      }
      return Reflect.get(groups, key);
    },
  });
};

/** A stage's loss inside a graph. */
export interface StageGraph {
  readonly algorithm: Algorithm;
  readonly stage: Stage<NetworkGroups, string>;
  readonly rows: number;
  /** Decides the content of dropout's mask banks. */
  readonly seed: number;
  /** As `stageInputs` says. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly state: Readonly<Record<string, Tensor>>;
}

/** What a stage's loss gives for some rows of the batch. */
export function stageLoss({ algorithm, stage, rows, seed, inputs, state }: StageGraph): StageLoss {
  const { definition, config } = algorithm;
  const noise = (name: string): Tensor => {
    const tensor = inputs[noiseInput(name)];
    if (tensor) return tensor;
    const known = Object.keys(stage.noise ?? {}).join(', ') || 'none';
    throw new GraphError(`${definition.name}: the stage has no noise ${name}. It has ${known}.`);
  };
  const dropout: LossInputs['dropout'] = (copies = 1) => {
    if (!stage.dropout) return undefined;
    const { rate, largest } = stage.dropout;
    const bank = dropoutBank(rate, largest * rows, stream(seed, STREAM.dropoutMasks));
    return bank.masks(noise(OFFSETS), copies * rows);
  };
  const result = stage.loss({
    batch: Object.fromEntries(
      Object.keys(algorithm.columns).flatMap((name) => {
        const tensor = inputs[name];
        return tensor ? [[name, tensor] as const] : [];
      }),
    ),
    networks: boundGroups(algorithm, state, 'parameters'),
    targets: boundGroups(algorithm, state, 'target'),
    noise,
    dropout,
    mean: (x) => mul(rows / (staticSize(x.shape) * config.batchSize), sum(x)),
  });
  const trained = trainedGroups(algorithm, stage).map(({ name }) => name);
  if (typeof result?.losses !== 'object' || typeof result.metrics !== 'object')
    throw new GraphError(
      `${definition.name}: the loss of a stage that trains ${trained.join(', ') || 'nothing'} gave no losses and metrics. Have it return { losses, metrics }, empty ones where there are none.`,
    );
  const given = Object.keys(result.losses);
  const missing = trained.find((name) => !given.includes(name));
  const needless = given.find((name) => !trained.includes(name));
  if (missing !== undefined || needless !== undefined)
    throw new GraphError(
      `${definition.name}: a stage trains ${trained.join(', ') || 'nothing'} and gives losses for ${given.join(', ') || 'nothing'}. Give one for each.`,
    );
  // Whoever asks for them would get those of an earlier batch.
  if (result.tdErrors && stage.every !== undefined && stage.every !== 1)
    throw new GraphError(
      `${definition.name}: a stage gives tdErrors in one of ${stage.every} updates only. Let one do it that takes part in all.`,
    );
  for (const [name, loss] of Object.entries(result.losses))
    expectShape(
      algorithm,
      `the loss of ${name}`,
      loss,
      [],
      "Take its mean over the batch with the loss's mean.",
    );
  for (const name of Object.keys(result.metrics)) {
    if (name === 'tdErrors' || name.includes('/'))
      throw new GraphError(
        `${definition.name}: a metric is called ${name}, which is the name of something else. Give it another one, without a slash.`,
      );
  }
  if (result.tdErrors)
    expectShape(algorithm, 'tdErrors', result.tdErrors, [rows], 'Give the error of each transition.');
  return result;
}

/** @throws GraphError unless a definition gave a tensor of some shape */
export function expectShape(
  { definition }: Algorithm,
  what: string,
  tensor: Tensor | undefined,
  expected: readonly (number | string)[],
  remedy: string,
): void {
  // Untyped code may give a number, or nothing.
  const shape = (tensor as Partial<Tensor> | undefined)?.shape;
  const shown = shape ? `[${shape.join(', ')}]` : String(tensor);
  if (shown !== `[${expected.join(', ')}]`)
    throw new GraphError(
      `${definition.name}: ${what} is ${shown}, expected ${expected.length > 0 ? `[${expected.join(', ')}]` : 'a scalar tensor'}. ${remedy}`,
    );
}

/** The groups that a stage trains, in their order. */
export const trainedGroups = (
  algorithm: Algorithm,
  { trains }: Stage<NetworkGroups, string>,
): readonly Group[] => Object.keys(trains).map((name) => groupOf(algorithm, name));
