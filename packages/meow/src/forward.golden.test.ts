import { referenceRuntime } from '@meow-rl/graph';
import type { Program } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { onnxRuntimeWeb } from '@meow-rl/graph/onnxruntime-web';
import { testedTfjsRuntimes } from '@meow-rl/graph/testing';
import { criticProgram, densityProgram, modeProgram, stateName } from '@meow-rl/learner';
import { expectAgreement, readGolden } from '@meow-rl/learner/testing';
import { compute, matrix } from '@meow-rl/nn/testing';
import { describe, test } from 'vitest';

import { meowNetworks, resolveMeowConfig } from './index.ts';
import { algorithmOf } from './testing/golden.ts';
import type { ForwardCase } from './testing/golden.ts';

const runtimes = [
  { runtime: referenceRuntime, tolerance: 1e-10 },
  { runtime: onnxRuntimeNode(), tolerance: 2e-5 },
  { runtime: onnxRuntimeWeb(), tolerance: 2e-5 },
  ...testedTfjsRuntimes.map((runtime) => ({ runtime, tolerance: 2e-5 })),
];

describe.each(runtimes)('forward values on $runtime.name', ({ runtime, tolerance }) => {
  const expectValues = (what: string, actual: ArrayLike<number> | undefined, expected: readonly number[]) =>
    expectAgreement(actual, expected, tolerance, what);

  test.each(readGolden<ForwardCase>('meow-forward.json', import.meta.url))('$name', async (golden) => {
    const algorithm = algorithmOf(golden.config);
    const [group] = algorithm.groups;
    if (!group) throw new Error('MEow has one group');
    const { name, layout } = group;
    const parameters = layout.flatten(golden.params);
    const [observation = [], action = [], noise = []] = [golden.obs, golden.act, golden.noise].map((rows) =>
      rows.flat(),
    );
    const load = async <I extends string, O extends string>(program: Program<I, string, O> | undefined) => {
      if (!program) throw new Error('MEow has all programs');
      const executable = await runtime.load(program);
      executable.state.write(stateName(name, 'parameters'), parameters);
      return executable;
    };

    const critic = await (await load(criticProgram(algorithm))).run({ observation, action });
    for (const q of ['q1', 'q2', 'logProb'] as const) expectValues(q, critic[q], golden[q]);

    const networks = meowNetworks(algorithm.sizes, resolveMeowConfig(algorithm.config));
    const values = await compute(
      { state: matrix(golden.obs), flat: { shape: [parameters.length], data: Array.from(parameters) } },
      ({ state, flat }) => {
        const [v1, v2] = networks.bind(layout.unpack(flat)).softV(state);
        return { v1: v1 ?? state, v2: v2 ?? state };
      },
      runtime,
    );
    for (const v of ['v1', 'v2'] as const) expectValues(v, values[v], golden[v]);

    const mode = await (await load(modeProgram(algorithm))).run({ observation });
    expectValues('mode', mode.action, golden.deterministicAction.flat());

    const sample = await (await load(densityProgram(algorithm))).run({ observation, noise });
    expectValues('sample', sample.action, golden.sampledAction.flat());
    expectValues('log-probability of the sample', sample.logProb, golden.sampledLogProb);
  });
});
