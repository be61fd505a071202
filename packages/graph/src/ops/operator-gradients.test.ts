import { describe, expect, it } from 'vitest';

import { onnxRuntimeNode } from '../onnxruntime-node.ts';
import { referenceRuntime } from '../runtimes/reference.ts';
import { axisLengths, cotangentsOf, gradientOf } from '../testing/case.ts';
import { expectClose } from '../testing/expect-close.ts';
import { finiteDifferences } from '../testing/finite-differences.ts';
import { operatorCases } from '../testing/operator-cases.ts';
import { runCase, runCaseUnoptimized } from '../testing/run-case.ts';
import { testedTfjsRuntimes } from '../testing/tested-tfjs-runtimes.ts';

const engines = [onnxRuntimeNode(), ...testedTfjsRuntimes];
/** Operators whose results are flat or not numbers. */
const flat = new Set(['less', 'greater', 'equal']);

const differentiable = Object.entries(operatorCases).filter(([operator]) => !flat.has(operator));

describe.each(differentiable)('gradient of %s', (_, cases) => {
  const checked = cases.filter(({ derivatives = 0, gradient }) => derivatives > 0 || gradient);

  it('is checked', () => {
    expect(checked).not.toHaveLength(0);
  });

  describe.each(checked.map((built) => [built.name, built] as const))('%s', (_, built) => {
    const { derivatives = 0, gradient } = built;
    if (gradient)
      it('is the one worked out by hand', async () => {
        const first = gradientOf(built, cotangentsOf(built, 'ones'));
        expectClose(await runCase(referenceRuntime, first), gradient, 1e-12, 'reference');
        for (const engine of engines) expectClose(await runCase(engine, first), gradient, 1e-5, engine.name);
      });

    if (derivatives >= 1)
      it('is the slope', async () => {
        const cotangents = cotangentsOf(built, 'random');
        const first = gradientOf(built, cotangents);
        const exact = await runCase(referenceRuntime, first);
        expectClose(exact, await finiteDifferences(built, cotangents), 1e-6, 'reference');
        for (const engine of engines) expectClose(await runCase(engine, first), exact, 1e-5, engine.name);
        expectClose(await runCaseUnoptimized(first, axisLengths), exact, 1e-5, 'engine, unoptimized');
      });

    if (derivatives >= 2)
      it('has a gradient that is its slope', async () => {
        const first = gradientOf(built, cotangentsOf(built, 'random'));
        const cotangents = cotangentsOf(first, 'random');
        const second = gradientOf(first, cotangents);
        const exact = await runCase(referenceRuntime, second);
        expectClose(exact, await finiteDifferences(first, cotangents), 1e-6, 'reference');
        for (const engine of engines) expectClose(await runCase(engine, second), exact, 2e-5, engine.name);
      });
  });
});
