import { referenceRuntime } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { describe, expect, test } from 'vitest';

import { criticProgram, modeProgram, sampleWithLogProbProgram, valueProgram } from './index.ts';
import { largestError, modelOf, readGolden } from './testing/golden.ts';
import type { ForwardCase } from './testing/golden.ts';

const runtimes = [
  { runtime: referenceRuntime, tolerance: 1e-10 },
  { runtime: onnxRuntimeNode(), tolerance: 2e-5 },
];

describe.each(runtimes)('forward values on $runtime.name', ({ runtime, tolerance }) => {
  test.each(readGolden<ForwardCase>('meow-forward.json'))('$name', async (golden) => {
    const model = modelOf(golden.config);
    const parameters = model.layout.flatten(golden.params);
    const [observation, action, noise] = [golden.obs, golden.act, golden.noise].map((rows) => rows.flat());
    const load = async <I extends string, O extends string>(
      program: Parameters<typeof runtime.load<I, 'parameters', O>>[0],
    ) => {
      const executable = await runtime.load(program);
      executable.writeState('parameters', parameters);
      return executable;
    };

    const critic = await (
      await load(criticProgram(model))
    ).run({ observation: observation ?? [], action: action ?? [] });
    expect(largestError(critic.q1, golden.q1)).toBeLessThan(tolerance);
    expect(largestError(critic.q2, golden.q2)).toBeLessThan(tolerance);
    expect(largestError(critic.logProb, golden.logProb)).toBeLessThan(tolerance);

    const value = await (await load(valueProgram(model))).run({ observation: observation ?? [] });
    expect(largestError(value.v1, golden.v1)).toBeLessThan(tolerance);
    expect(largestError(value.v2, golden.v2)).toBeLessThan(tolerance);

    const mode = await (await load(modeProgram(model))).run({ observation: observation ?? [] });
    expect(largestError(mode.action, golden.deterministicAction.flat())).toBeLessThan(tolerance);

    const sample = await (
      await load(sampleWithLogProbProgram(model))
    ).run({ observation: observation ?? [], noise: noise ?? [] });
    expect(largestError(sample.action, golden.sampledAction.flat())).toBeLessThan(tolerance);
    expect(largestError(sample.logProb, golden.sampledLogProb)).toBeLessThan(tolerance);
  });
});
