import path from 'node:path';

import { loadPolicy } from '@meow-rl/export';
import { referenceRuntime } from '@meow-rl/graph';
import { expectAgreement, expectParameters, readGolden } from '@meow-rl/learner/testing';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { expectClose } from '../../../packages/graph/src/testing/expect-close.ts';
import { operatorCases } from '../../../packages/graph/src/testing/operator-cases.ts';
import { runCase } from '../../../packages/graph/src/testing/run-case.ts';
import type { UpdateCase } from '../../../packages/meow/src/testing/golden.ts';
import { findChromium } from './testing/browser.ts';
import type { EngineChoice, Engines } from './testing/engines-page.ts';
import { enginesSite, type EnginesSite } from './testing/engines-site.ts';

/** What engines-page.ts puts there, in the browser. */
declare const engines: Engines;

const executablePath = findChromium();
const goldens = readGolden<UpdateCase>('meow-update.json', import.meta.resolve('@meow-rl/meow'));
const [firstGolden] = goldens;
if (!firstGolden) throw new Error('meow-update.json has no case');

describe.skipIf(executablePath === undefined)('engines in Chromium', () => {
  let site: EnginesSite;
  beforeAll(async () => {
    site = await enginesSite(executablePath ?? '');
  });
  afterAll(() => site.close());

  describe.each<EngineChoice>([
    { engine: 'wasm', threads: 1 },
    { engine: 'wasm', threads: 2 },
  ])('%o', (choice) => {
    let page: Page;
    let problems: string[];
    beforeAll(async () => {
      ({ page, problems } = await site.open());
    });
    afterAll(() => page.close());

    test.each(goldens)('the golden updates $name', async (golden) => {
      const { steps, parameters, targets } = await page.evaluate(
        ([chosen, given]) => engines.runUpdates(chosen, given),
        [choice, golden] as const,
      );
      expect(steps).toHaveLength(golden.steps.length);
      for (const [i, { loss, gradNorm }] of golden.steps.entries()) {
        expectAgreement([steps[i]?.loss ?? NaN], [loss], 1e-4, `loss of update ${i}`);
        expectAgreement([steps[i]?.gradNorm ?? NaN], [gradNorm], 1e-4, `gradient norm of update ${i}`);
      }
      expectParameters(parameters, golden.finalParams, 1e-4);
      expectParameters(targets, golden.finalTarget, 1e-4);
    });

    test('a loaded policy acts as in Node', async () => {
      const observations = [0.5, -2, 3, 4, -6, 1];
      const { actions, engine } = await page.evaluate(
        ([chosen, given]) => engines.act(chosen, 'policy.onnx', given),
        [choice, observations] as const,
      );
      expect(engine).toEqual({ name: 'onnxruntime-web', executionProvider: 'wasm', threads: choice.threads });
      const policy = await loadPolicy(path.join(site.folder, 'policy.onnx'));
      expectAgreement(actions, Array.from(await policy.act(Float32Array.from(observations))), 1e-5, 'action');
      await policy.dispose();
    });

    test.runIf(choice.threads === 1)('every operator gives what the reference gives', async () => {
      const results = await page.evaluate(([chosen, operators]) => engines.runOperators(chosen, operators), [
        choice,
        Object.keys(operatorCases),
      ] as const);
      for (const [operator, cases] of Object.entries(operatorCases))
        for (const operatorCase of cases) {
          const name = `${operator}: ${operatorCase.name}`;
          const values = results[name] ?? 'it was not run';
          if (typeof values === 'string') expect.fail(`${name}: ${values}`);
          expectClose(values, await runCase(referenceRuntime, operatorCase), 1e-5, name);
        }
    });

    test('nothing complained', () => expect(problems).toEqual([]));
  });

  test('WebGPU runs what it has, and refuses what it lacks when it is loaded, by its name', async () => {
    const { page } = await site.open();
    const results = await page.evaluate(() =>
      engines.runOperators({ engine: 'webgpu', threads: 1 }, ['neg', 'window']),
    );
    const { neg, window } = operatorCases;
    for (const operatorCase of neg)
      expectClose(
        [results[`neg: ${operatorCase.name}`] ?? []].flat().map(Number),
        await runCase(referenceRuntime, operatorCase),
        1e-5,
      );
    for (const { name } of window)
      expect(results[`window: ${name}`]).toMatch(
        /^onnxruntime-webgpu: WebGPU has no kernel for window, which the program uses\. Load the program on onnxRuntimeWeb/,
      );
    await expect(
      page.evaluate((golden) => engines.runUpdates({ engine: 'webgpu', threads: 1 }, golden), firstGolden),
    ).rejects.toThrow(/split reads and writes \d+ tensors, the adapter takes \d+ at a time/);
    await page.close();
  });
});
