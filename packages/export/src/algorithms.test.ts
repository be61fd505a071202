import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { CommonAgent } from '@meow-rl/learner';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { decodePolicyFile } from './index.ts';
import { exportAgent } from './node.ts';
import type { ExportedFile } from './node.ts';
import { AGENTS, stirredAgent, updatedAgent } from './testing/agents.ts';
import { metadata } from './testing/trained-agent.ts';

const FLOAT32 = 1;

const OUTPUTS = { policy: ['action'], stochastic: ['action', 'log_prob'], critic: ['q1', 'q2'] };

/** What an algorithm's files give, as the README says it. */
function outputsOf(name: string): Readonly<Record<string, readonly string[]>> {
  if (name === 'td3') return { policy: OUTPUTS.policy, critic: OUTPUTS.critic };
  if (name === 'ddpg') return { policy: OUTPUTS.policy, critic: ['q1'] };
  if (name === 'sql') return { ...OUTPUTS, stochastic: ['action'], critic: ['q1'] };
  if (name === 'ppo') return { ...OUTPUTS, critic: ['value'] };
  return name === 'sac' ? OUTPUTS : { ...OUTPUTS, critic: ['q1', 'q2', 'value'] };
}

describe.each(Object.entries(AGENTS))('%s', (name, make) => {
  let folder = '';
  let agent: CommonAgent;
  let files: readonly ExportedFile[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'meow-algorithm-'));
    agent = await stirredAgent(make);
    files = await exportAgent(agent, agent.deployment(), folder, { ...metadata, algorithm: agent.algorithm });
  });
  afterAll(async () => {
    await agent.dispose();
    await rm(folder, { recursive: true });
  });

  test('has its files, which agree with it', () => {
    expect(Object.fromEntries(files.map(({ kind, outputs }) => [kind, outputs]))).toEqual(outputsOf(name));
    for (const { kind, maxError, meanError } of files) {
      // Actions by half their range, where float32 has steps of 2e-6 at 11 in [10, 11]; the others against float64.
      expect(maxError).toBeLessThan(kind === 'policy' ? 1e-5 : 1e-3);
      expect(meanError).toBeLessThanOrEqual(maxError);
    }
  });

  test('has each weight that is read as an initializer of its name, and no other', async () => {
    const parameters = agent.parameters();
    for (const { path: file, maxError } of files) {
      const { model, metadata: about } = decodePolicyFile(await readFile(file));
      expect(about).toMatchObject({ algorithm: agent.algorithm, precision: 'float32', format: '2' });
      expect(about.measured['max_error']).toBe(maxError);
      const { initializer, node, input, output } = model.graph;
      const read = new Set(node.flatMap((made) => made.input));
      let named = 0;
      for (const { name: weight, dims, dataType, rawData } of initializer) {
        expect(read, weight).toContain(weight);
        const parameter = parameters[weight];
        if (!parameter) continue;
        named += 1;
        expect(dims.map(Number), weight).toEqual(parameter.shape);
        expect(dataType).toBe(FLOAT32);
        expect(new Float32Array(Uint8Array.from(rawData).buffer), weight).toEqual(
          Float32Array.from(parameter.data),
        );
      }
      expect(named).toBeGreaterThan(2);
      // What is no parameter is small, or a part of one; a spline has sums of its bins as products.
      const others = initializer.filter(({ name: weight }) => !parameters[weight]);
      for (const { name: weight, rawData } of others)
        expect(rawData.length < 2100 || /\.part\d$/.test(weight), `${weight}: ${rawData.length}`).toBe(true);
      expect(node.every((made) => made.domain === '' && made.name !== '')).toBe(true);
      expect(new Set(node.map((made) => made.name)).size).toBe(node.length);
      expect(input.every(({ docString }) => docString !== '')).toBe(true);
      expect(output.find(({ name: result }) => result === 'action')?.docString ?? 'none').not.toBe('');
      expect(model.docString).toContain('of an agent of');
    }
  });
});

test('a policy has the layers that engines know: one product and one normalization for each', async () => {
  const agent = await stirredAgent(AGENTS['meow'] ?? (() => Promise.reject(new Error('there is none'))));
  const folder = await mkdtemp(path.join(tmpdir(), 'meow-algorithm-'));
  await exportAgent(agent, agent.deployment(), folder, metadata);
  const { model } = decodePolicyFile(await readFile(path.join(folder, 'policy.onnx')));
  expect(model.graph.node.filter(({ name }) => name.startsWith('coupling1')).map(({ name }) => name)).toEqual(
    [
      'coupling1/Mul',
      'coupling1.0/Concat',
      'coupling1.0/Gemm',
      'coupling1.0.norm/LayerNormalization',
      'coupling1.0/Mul',
      'coupling1.0/Sigmoid',
      'coupling1.0/Mul_1',
      'coupling1.1/Gemm',
      'coupling1.1.norm/LayerNormalization',
      'coupling1.1/Mul',
      'coupling1.1/Sigmoid',
      'coupling1.1/Mul_1',
      'coupling1.2/Gemm',
      'coupling1/Mul_1',
      'coupling1/Tanh',
      'coupling1/Mul_2',
      'coupling1/Add',
    ],
  );
  expect(model.graph.initializer.map(({ name }) => name).filter((name) => /prior|shift/.test(name))).toEqual(
    [],
  );
  expect([model.opsetImport[0]?.version, model.irVersion]).toEqual([17n, 8n]);
  await agent.dispose();
  await rm(folder, { recursive: true });
});

/** Whose deterministic action is the best of several candidates. */
const choosing = new Set(['sql', 'meow of affine couplings, best of k']);

describe.each(['float16', 'int8'] as const)('in %s', (precision) => {
  test.each(['meow', 'sac', 'td3', 'ddpg', 'sql', 'ppo', 'meow of affine couplings, best of k'])(
    '%s is near its agent, as is measured: but for the best of several candidates, which may be another one',
    async (name) => {
      const agent = await updatedAgent(AGENTS[name] ?? (() => Promise.reject(new Error('there is none'))));
      const folder = await mkdtemp(path.join(tmpdir(), 'meow-algorithm-'));
      const options = { precision, observations: 200 };
      const files = await exportAgent(agent, agent.deployment(), folder, metadata, options);
      // One of 200 actions that is another candidate's makes 0.01 of the mean.
      const most = choosing.has(name) ? 0.02 : 5e-3;
      const [smallest, largest] = { float16: [1e-5, most], int8: [1e-3, 0.05] }[precision] ?? [];
      for (const { kind, path: file, maxError, meanError } of files) {
        if (kind === 'policy') expect(meanError).toBeGreaterThan(smallest ?? NaN);
        expect(meanError).toBeLessThan(largest ?? NaN);
        expect(maxError).toBeLessThan(choosing.has(name) ? 2 : 40 * (largest ?? NaN));
        const { measured, precision: written } = decodePolicyFile(await readFile(file)).metadata;
        expect(written).toBe(precision);
        expect(measured).toMatchObject({ max_error: maxError, mean_error: meanError });
      }
      await agent.dispose();
      await rm(folder, { recursive: true });
    },
  );

  test('is refused where it is too coarse', async () => {
    const agent = await stirredAgent(AGENTS['meow'] ?? (() => Promise.reject(new Error('there is none'))));
    const folder = await mkdtemp(path.join(tmpdir(), 'meow-algorithm-'));
    const options = { precision, observations: 20, tolerance: 1e-6 };
    await expect(exportAgent(agent, agent.deployment(), folder, metadata, options)).rejects.toThrow(
      new RegExp(
        `^verify: in ${precision} policy\\.onnx differs from the agent by .* in action in the mean, allowed is 0\\.000001\\. .* Export with the precision float32\\.$`,
      ),
    );
    await agent.dispose();
    await rm(folder, { recursive: true });
  });
});
