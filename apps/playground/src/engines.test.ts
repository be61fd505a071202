import path from 'node:path';

import { loadPolicy } from '@meow-rl/export';
import { referenceRuntime } from '@meow-rl/graph';
import { expectAgreement } from '@meow-rl/learner/testing';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { expectClose } from '../../../packages/graph/src/testing/expect-close.ts';
import { operatorCases } from '../../../packages/graph/src/testing/operator-cases.ts';
import { runCase } from '../../../packages/graph/src/testing/run-case.ts';
import { findChromium } from './testing/browser.ts';
import type { EngineChoice, Engines } from './testing/engines-page.ts';
import { enginesSite, type EnginesSite } from './testing/engines-site.ts';
import { expectGolden, goldens } from './testing/golden-updates.ts';

/** What engines-page.ts puts there, in the browser. */
declare const engines: Engines;

const executablePath = findChromium();

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
      const result = await page.evaluate(([chosen, given]) => engines.runUpdates(chosen, given), [
        choice,
        golden,
      ] as const);
      expectGolden(result, golden);
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

    test.runIf(choice.threads === 1).each([
      ['float16', 1e-6, 2e-3],
      ['int8', 1e-4, 0.1],
    ] as const)(
      'a policy in %s acts as in Node, and near the one in float32',
      async (precision, least, most) => {
        const observations = Array.from({ length: 40 }, (_, i) => 6 * Math.sin(7 * i));
        const { actions } = await page.evaluate(([chosen, file, given]) => engines.act(chosen, file, given), [
          choice,
          `policy-${precision}.onnx`,
          observations,
        ] as const);
        const inNode = async (name: string) => {
          const policy = await loadPolicy(path.join(site.folder, `policy-${name}.onnx`));
          const acted = await policy.act(Float32Array.from(observations));
          await policy.dispose();
          return acted;
        };
        const distances = (others: Float32Array) =>
          actions.map((action, i) => Math.abs(action - (others[i] ?? Number.NaN)));
        expect(actions).toHaveLength(40);
        // Engines round what is halfway differently.
        expect(Math.max(...distances(await inNode(precision)))).toBeLessThan(most / 2);
        const errors = distances(await inNode('float32'));
        expect(Math.max(...errors)).toBeLessThan(most);
        expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeGreaterThan(least);
      },
    );

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

  // All of them, and MEow's updates, are in webgpu.slow.test.ts: software compiles one shader after the other.
  test('WebGPU runs what it has, in parts where that is wide, and refuses what it lacks when it is loaded, by its name', async () => {
    const { page } = await site.open();
    const { neg, concat, split, window } = operatorCases;
    const results = await page.evaluate(() =>
      engines.runOperators({ engine: 'webgpu', threads: 1 }, ['neg', 'concat', 'split', 'window']),
    );
    for (const [operator, cases] of Object.entries({ neg, concat, split }))
      for (const operatorCase of cases) {
        const name = `${operator}: ${operatorCase.name}`;
        const values = results[name] ?? 'it was not run';
        if (typeof values === 'string') expect.fail(`${name}: ${values}`);
        expectClose(values, await runCase(referenceRuntime, operatorCase), 1e-5, name);
      }
    for (const { name } of window)
      expect(results[`window: ${name}`]).toMatch(
        /^onnxruntime-webgpu: WebGPU has no kernel for window, which the program uses\. Load the program on onnxRuntimeWeb/,
      );
    await page.close();
  });

  test.each([
    { lacking: 'WebGPU', gpu: 'undefined', engine: 'webgpu', says: /WebGPU is not supported/ },
    {
      lacking: 'an adapter of WebGPU',
      gpu: '{ requestAdapter: async () => null }',
      engine: 'webgpu',
      says: /Failed to get GPU adapter/,
    },
    { lacking: 'the WebAssembly, which is not served,', gpu: undefined, engine: 'wasm', says: /wasm/ },
  ] as const)(
    'a policy on an engine without $lacking is an error that says so',
    async ({ gpu, engine, says }) => {
      const { page } = await site.open();
      if (gpu === undefined) await page.route(/\.wasm$/, (route) => route.fulfill({ status: 404 }));
      else await page.evaluate(`Object.defineProperty(navigator, 'gpu', { value: ${gpu} })`);
      const acted = page.evaluate(
        (chosen) => engines.act({ engine: chosen, threads: 1 }, 'policy.onnx', [1, 2]),
        engine,
      );
      await expect(acted).rejects.toThrow(
        /EngineError: policy\.onnx: the engine can't run it: .* The file is as it was exported: take another engine, or a newer one\./,
      );
      await expect(acted).rejects.toThrow(says);
      await page.close();
    },
  );
});
