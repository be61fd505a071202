import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { exportAgent } from '@meow-rl/export/node';
import { metadata, trainedAgent } from '@meow-rl/export/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { bench } from '../testing/run-bench.ts';

let folder = '';
const file = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'meow-inspect-'));
  const agent = await trainedAgent();
  await exportAgent(agent, agent.deployment(), folder, metadata, {
    observations: 20,
    precision: 'int8',
    measure: async () => ({ episodes: 2, return: 12.5 }),
  });
  await exportAgent(agent, agent.deployment(), file('float32'), metadata, { observations: 20 });
  await agent.dispose();
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('inspect', () => {
  test('shows metadata, inputs and outputs, sizes, operators and what was measured', async () => {
    const { code, out } = await bench('inspect', file('float32/policy.onnx'), '--json');
    expect(code).toBe(0);
    const about = JSON.parse(out);
    expect(about).toMatchObject({
      format: '2',
      precision: 'float32',
      irVersion: 8,
      opsets: [{ domain: '', version: 17 }],
      inputs: [{ name: 'observation', type: 'float32', shape: ['batch', 5] }],
      outputs: [{ name: 'action', type: 'float32', shape: ['batch', 3] }],
      metadata: { algorithm: 'meow', environment: 'Test-v0', trainingSteps: 123 },
      measured: { observations: 20 },
    });
    expect(about.onnxRuntime).toBe('1.12');
    const parameters = about.modules.map(({ parameters: count }: { parameters: number }) => count);
    expect(parameters.reduce((sum: number, count: number) => sum + count, 0)).toBe(about.parameters);
    expect(about.bytes).toBe((await readFile(file('float32/policy.onnx'))).length);
    expect(about.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(about.operators).toContainEqual({ operator: 'Gemm', nodes: 12 });
    // The first layer of the first coupling reads no action: 16 × 5 weights and 4 × 16 others, 16 × 16 and 4 × 16, 3 × 16 and 3.
    expect(about.modules).toContainEqual({
      module: 'coupling0',
      weights: 'float32',
      parameters: 515,
      bytes: 2060,
    });
  });

  test('in words, with what was measured beside the error', async () => {
    const { out } = await bench('inspect', file('policy.onnx'));
    expect(out).toContain('format 2');
    expect(out).toMatch(
      /measured {2,}max_error .*, mean_error .*, observations 20, episodes 2, return 12\.5; errors in halves of an action's range\n/,
    );
    expect(out).toMatch(/LayerNormalization {2,}8/);
    expect(out).toMatch(/runs on {2,}onnxruntime 1\.12 and newer\n/);
    const { out: ofCritic } = await bench('inspect', file('critic.onnx'));
    expect(ofCritic).toContain('; errors relative, or absolute below 1; of actions in halves of their range');
  });

  test('draws the graph with its modules and weights', async () => {
    const { code, out } = await bench('inspect', file('float32/policy.onnx'), '--out', file('graph.svg'));
    expect(code).toBe(0);
    expect(out).toContain('the graph is drawn in');
    const svg = await readFile(file('graph.svg'), 'utf8');
    expect(svg).toContain('<svg');
    for (const text of [
      'coupling1',
      'Gemm',
      'coupling1.0.weight float32 [16, 8]',
      'observation',
      '[batch, 3]',
    ])
      expect(svg).toContain(`>${text}`);
  });

  test.each([
    ['none.onnx', 'it cannot be read: ENOENT'],
    // A folder.
    ['float32', 'it cannot be read: EISDIR'],
    ['graph.svg', 'it is no ONNX file or is damaged'],
  ])('refuses %s', async (name, message) => {
    const { code, err } = await bench('inspect', file(name));
    expect(code).toBe(1);
    expect(err).toContain(message);
  });

  test('draws nothing but SVG', async () => {
    const { code, err } = await bench('inspect', file('policy.onnx'), '--out', file('graph.png'));
    expect(code).toBe(2);
    expect(err).toMatch(
      /the graph is drawn in SVG, and .*graph\.png is no \.svg\. Give --out graph\.svg\.\n$/,
    );
  });
});
