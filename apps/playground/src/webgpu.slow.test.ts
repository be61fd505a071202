import path from 'node:path';

import { loadPolicy } from '@meow-rl/export';
import { referenceRuntime } from '@meow-rl/graph';
import { expectAgreement } from '@meow-rl/learner/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { expectClose } from '../../../packages/graph/src/testing/expect-close.ts';
import { operatorCases } from '../../../packages/graph/src/testing/operator-cases.ts';
import { runCase } from '../../../packages/graph/src/testing/run-case.ts';
import { findChromium } from './testing/browser.ts';
import type { Engines } from './testing/engines-page.ts';
import { enginesSite, type EnginesSite } from './testing/engines-site.ts';
import { expectGolden, goldens } from './testing/golden-updates.ts';

/** What engines-page.ts puts there, in the browser. */
declare const engines: Engines;

/** Operators that need int64, which WebGPU lacks, in all cases or in those of int64. */
const LACKING = new Set(['elementCount', 'less', 'mean', 'toFloat', 'unwindow', 'where', 'window']);
/** Shaders may take it that there is no NaN and no infinity. */
const NOT_FINITE = new Set(['atanh: ends', 'clip: not a number', 'log: edge', 'relu: not a number']);

const executablePath = findChromium();

describe.skipIf(executablePath === undefined)('WebGPU in Chromium', () => {
  let site: EnginesSite;
  beforeAll(async () => {
    site = await enginesSite(executablePath ?? '');
  });
  afterAll(() => site.close());

  test('every operator gives what the reference gives, or is refused by its name', async () => {
    const { page } = await site.open();
    const results = await page.evaluate(
      (operators) => engines.runOperators({ engine: 'webgpu', threads: 1 }, operators),
      Object.keys(operatorCases),
    );
    const refused = new Set<string>();
    for (const [operator, cases] of Object.entries(operatorCases))
      for (const operatorCase of cases) {
        const name = `${operator}: ${operatorCase.name}`;
        const values = results[name] ?? 'it was not run';
        if (typeof values === 'string') {
          expect(values, name).toMatch(/WebGPU has no kernel for \w+, which the program uses/);
          refused.add(operator);
        } else if (!NOT_FINITE.has(name))
          expectClose(values, await runCase(referenceRuntime, operatorCase), 1e-5, name);
      }
    expect(refused).toEqual(LACKING);
    await page.close();
  });

  test.each(goldens)('the golden updates $name', async (golden) => {
    const { page } = await site.open();
    const result = await page.evaluate(
      (given) => engines.runUpdates({ engine: 'webgpu', threads: 1 }, given),
      golden,
    );
    expectGolden(result, golden);
    await page.close();
  });

  test('a loaded policy acts as in Node', async () => {
    const { page } = await site.open();
    const observations = [0.5, -2, 3, 4, -6, 1];
    const { actions, engine } = await page.evaluate(
      (given) => engines.act({ engine: 'webgpu', threads: 1 }, 'policy.onnx', given),
      observations,
    );
    expect(engine).toEqual({ name: 'onnxruntime-web', executionProvider: 'webgpu', threads: 1 });
    const policy = await loadPolicy(path.join(site.folder, 'policy.onnx'));
    expectAgreement(actions, Array.from(await policy.act(Float32Array.from(observations))), 1e-5, 'action');
    await policy.dispose();
    await page.close();
  });

  test('calls that overlap are done one after the other, of all policies and programs', async () => {
    const { page } = await site.open();
    const observations = [
      [0.5, -2],
      [3, 4, -6, 1],
      [1, 1],
    ];
    const { actions, negated } = await page.evaluate(
      (given) => engines.actTogether('policy.onnx', given),
      observations,
    );
    expect(negated).toEqual([-1, -2]);
    expect(actions).toHaveLength(6);
    const policy = await loadPolicy(path.join(site.folder, 'policy.onnx'));
    for (const [i, acted] of actions.entries()) {
      const expected = await policy.act(Float32Array.from(observations[i % 3] ?? []));
      expectAgreement(acted, Array.from(expected), 1e-5, `action of call ${i}`);
    }
    await policy.dispose();
    await page.close();
  }, 60_000);
});
