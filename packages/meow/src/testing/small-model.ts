import { constant, topologicalOrder } from '@meow-rl/graph';
import type { Parameters, Program } from '@meow-rl/graph';
import { randomParameters } from '@meow-rl/nn/testing';

import { meowModel, resolveMeowConfig } from '../index.ts';
import type { MeowConfig, MeowModel, Sizes } from '../index.ts';

/** Settings of networks that are as small as they can be and still have every part. */
export const SMALL: Partial<MeowConfig> = {
  couplings: 2,
  hidden: [6, 5],
  shiftHidden: [4],
  batchSize: 8,
  dropout: 0,
  logSigmaMin: -1,
  logSigmaMax: 0.2,
};

export const smallModel = (sizes: Sizes, config: Partial<MeowConfig> = {}): MeowModel =>
  meowModel(sizes, resolveMeowConfig({ ...SMALL, ...config }));

/** Random values for all parameters of a model, far from its start. */
export const randomValues = (model: MeowModel, seed: number): Float32Array =>
  randomParameters(model.layout.specs, seed, 1.6);

export const boundTo = (model: MeowModel, values: ArrayLike<number>): Parameters =>
  model.layout.unpack(constant(values));

/** Names of the parameters that a program's outputs depend on, sorted by network: `prior`, `coupling0`, … */
export function networksRead({ layout }: MeowModel, program: Program): string[] {
  const read = new Set<string>();
  for (const node of topologicalOrder(Object.values(program.outputs)))
    for (const input of node.inputs)
      if (
        input.node.kind === 'operator' &&
        input.node.operator === 'split' &&
        input.node.inputs[0]?.node.kind === 'state'
      )
        read.add(layout.specs[input.index]?.name.split('.')[0] ?? 'unknown');
  return [...read].toSorted();
}
