import { constant, topologicalOrder, parameterLayout } from '@meow-rl/graph';
import type { ParameterValues, Program } from '@meow-rl/graph';
import { resolveAlgorithm } from '@meow-rl/learner';
import type { Algorithm, Sizes } from '@meow-rl/learner';
import { randomValues } from '@meow-rl/learner/testing';

import { meow, meowNetworks, resolveMeowConfig } from '../index.ts';
import type { MeowConfig, MeowNetworks } from '../index.ts';

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

export const smallAlgorithm = (sizes: Sizes, config: Partial<MeowConfig> = {}): Algorithm =>
  resolveAlgorithm(meow, sizes, { ...SMALL, ...config });

/** The networks with given parameters, by default random ones far from the start. */
export function smallNetworks(
  sizes: Sizes,
  config: Partial<MeowConfig> = {},
  values: ParameterValues = randomValues(smallAlgorithm(sizes, config), 2),
): MeowNetworks {
  const networks = meowNetworks(sizes, resolveMeowConfig({ ...SMALL, ...config }));
  const layout = parameterLayout(networks.parameters);
  return networks.bind(layout.unpack(constant(layout.flatten(values))));
}

/** Names of the networks whose parameters a program's outputs depend on, sorted: `coupling0`, …, `prior`, … */
export function networksRead({ groups }: Algorithm, program: Program): string[] {
  const [specs = []] = groups.map(({ layout }) => layout.specs);
  const read = new Set<string>();
  for (const node of topologicalOrder(Object.values(program.outputs)))
    for (const input of node.inputs)
      if (
        input.node.kind === 'operator' &&
        input.node.operator === 'split' &&
        input.node.inputs[0]?.node.kind === 'state'
      )
        read.add(specs[input.index]?.name.split('.')[0] ?? 'unknown');
  return [...read].toSorted();
}
