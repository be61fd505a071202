import { describe, expect, it } from 'vitest';

import { onnxRuntimeNode } from '../onnxruntime-node.ts';
import { onnxRuntimeWeb } from '../onnxruntime-web.ts';
import { referenceRuntime } from '../runtimes/reference.ts';
import { axisLengths } from '../testing/case.ts';
import { expectClose } from '../testing/expect-close.ts';
import { operatorCases } from '../testing/operator-cases.ts';
import { runCase, runCaseUnoptimized } from '../testing/run-case.ts';
import { testedTfjsRuntimes } from '../testing/tested-tfjs-runtimes.ts';

const engines = [onnxRuntimeNode(), onnxRuntimeWeb(), ...testedTfjsRuntimes];

describe.each(Object.entries(operatorCases))('%s', (_, cases) => {
  it('has a value worked out by hand', () => {
    expect(cases.filter(({ value }) => value !== undefined)).not.toHaveLength(0);
  });

  describe.each(cases.map((built) => [built.name, built] as const))('%s', (_, built) => {
    const { value } = built;
    if (value)
      it('has the value worked out by hand', async () => {
        expectClose(await runCase(referenceRuntime, built), value, 1e-12);
      });

    it.each(engines)('has the same value on $name', async (engine) => {
      expectClose(await runCase(engine, built), await runCase(referenceRuntime, built), 1e-5);
    });

    it('has the same value on the engine without any optimization', async () => {
      expectClose(await runCaseUnoptimized(built, axisLengths), await runCase(referenceRuntime, built), 1e-5);
    });
  });
});
