import { DataError } from '@meow-rl/graph';
import type { Runtime } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { onnxRuntimeFused, whyUnavailable } from '@meow-rl/onnxruntime-fused';
import { describe, expect, test } from 'vitest';

import { createAgent } from '../agent.ts';
import { deterministicActorCritic } from '../testing/deterministic-actor-critic.ts';
import { randomBatch } from '../testing/random-batch.ts';
import { defaultRuntime as browserRuntime } from './browser.ts';
import { defaultRuntime } from './node.ts';
import type { EngineImporters } from './node.ts';

const runtimeNamed = (name: string): Runtime => ({
  name,
  createState: () => expect.unreachable(),
  load: () => expect.unreachable(),
});

/** As Node has it. */
const notInstalled = () =>
  Promise.reject(Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' }));

const broken = () => Promise.reject(new Error('invalid ELF header'));

const fusedWith =
  (problem: string | undefined): EngineImporters['fused'] =>
  async () => ({ onnxRuntimeFused: () => runtimeNamed('fused'), whyUnavailable: () => problem });
const plain: EngineImporters['plain'] = async () => ({ onnxRuntimeNode: () => runtimeNamed('plain') });

describe('an agent that is given no runtime gets', () => {
  test.each([
    ['the fused engine', { fused: fusedWith(undefined), plain }, 'fused', []],
    [
      'it without onnxruntime-node in sight',
      { fused: fusedWith(undefined), plain: notInstalled },
      'fused',
      [],
    ],
    [
      'onnxruntime where that is not compiled',
      { fused: fusedWith('it is not compiled. Run npx meow-build-fused'), plain },
      'plain',
      [
        'createAgent: updates would take 0.6 to 0.8 of the time on the fused engine, @meow-rl/onnxruntime-fused, but it is not compiled. Run npx meow-build-fused; or give a runtime, such as onnxRuntimeNode(), and nothing is said.',
      ],
    ],
    [
      'onnxruntime where that is not installed',
      { fused: notInstalled, plain },
      'plain',
      [expect.stringContaining('Run npm install @meow-rl/onnxruntime-fused; or')],
    ],
  ])('%s', async (_, importers, name, lines) => {
    const said: string[] = [];
    expect((await defaultRuntime(importers, (line) => said.push(line))).name).toBe(name);
    expect(said).toEqual(lines);
  });

  test('the bits of that engine', async () => {
    const sizes = { observationSize: 3, actionSize: 2 };
    const batch = randomBatch(1, 8, sizes);
    const learned = async (runtime?: Runtime) => {
      const agent = await createAgent(deterministicActorCritic, { ...sizes, ...(runtime && { runtime }) });
      const metrics = await agent.update(batch);
      const action = Array.from(await agent.act(batch.observations, { deterministic: true }));
      await agent.dispose();
      return { metrics, action };
    };
    const best = whyUnavailable() === undefined ? onnxRuntimeFused() : onnxRuntimeNode();
    expect(await learned()).toEqual(await learned(best));
  });

  test('an error where none is installed', async () => {
    await expect(defaultRuntime({ fused: notInstalled, plain: notInstalled })).rejects.toThrow(
      new DataError(
        'createAgent: no engine is installed. Run npm install onnxruntime-node, or give a runtime.',
      ),
    );
  });

  test('what is broken instead of missing is told', async () => {
    await expect(defaultRuntime({ fused: broken, plain })).rejects.toThrow('invalid ELF header');
  });

  test('an error in browsers', async () => {
    await expect(browserRuntime()).rejects.toThrow('outside of Node none is chosen. Give one');
  });
});
