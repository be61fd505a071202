import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { MeowAgent } from '@meow-rl/meow';
import { normalizedAgent, observationNormalizer } from '@meow-rl/train';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { loadPolicy, PolicyFileError, policyFiles } from './index.ts';
import { exportAgent } from './node.ts';
import { openPolicyFile } from './policy-session.ts';
import { verifySession } from './verify.ts';
import { metadata, normalRows, trainedAgent } from './testing/trained-agent.ts';

/** Entries of very different size and spread, the last one constant. */
const means = [0, 1000, -3, 0.5, 7];
const deviations = [1, 5, 1e-3, 40, 0];
const rawRows = (rows: number, seed: number) =>
  normalRows(rows, 5, seed).map((x, i) => (means[i % 5] ?? 0) + (deviations[i % 5] ?? 0) * x);

const normalizer = observationNormalizer({ size: 5 });
normalizer.observe(rawRows(500, 1));

let agent: MeowAgent;
let folder: string;
const file = (name: string): string => path.join(folder, name);
const deployment = () => ({ ...agent.deployment(), normalizer: normalizer.scaling() });

beforeAll(async () => {
  agent = await trainedAgent();
  folder = await mkdtemp(path.join(tmpdir(), 'meow-export-'));
});
afterAll(async () => {
  await agent.dispose();
  await rm(folder, { recursive: true });
});

describe('an agent with a normalizer', () => {
  test('is exported to files that take raw observations and agree with it', async () => {
    const raw = normalizedAgent(agent, { observations: normalizer });
    const files = await exportAgent(raw, deployment(), folder, metadata);
    expect(files.map(({ kind }) => kind)).toEqual(['policy', 'stochastic', 'critic']);
    for (const { maxError } of files) expect(maxError).toBeLessThan(1e-3);

    const policy = await loadPolicy(file('policy.onnx'));
    const observations = rawRows(64, 2);
    const expected = await raw.act(observations, { deterministic: true });
    const bounds = metadata.actionSpace;
    (await policy.act(observations)).forEach((action, i) => {
      const [low = 0, high = 0] = [bounds.low[i % 3], bounds.high[i % 3]];
      expect(action).toBeCloseTo(low + (((expected[i] ?? Number.NaN) + 1) / 2) * (high - low), 5);
    });
    await policy.dispose();

    const critic = await openPolicyFile(await readFile(file('critic.onnx')), ort);
    const { value } = await critic.run({
      observation: observations,
      action: new Float32Array(192).fill(0.5),
    });
    const values = await agent.value(normalizer.normalize(observations));
    expect(Array.from(value ?? [])).toEqual(Array.from(values, (v) => expect.closeTo(v, 3)));
    await critic.dispose();
  });

  test('is verified on observations like those it has seen', async () => {
    const seen: Float32Array[] = [];
    const raw = normalizedAgent(agent, { observations: normalizer });
    const watched: typeof raw = { ...raw, act: (rows, options) => (seen.push(rows), raw.act(rows, options)) };
    await exportAgent(watched, deployment(), folder, metadata);
    const session = await openPolicyFile(await readFile(file('critic.onnx')), ort);
    const run: typeof session.run = (inputs) => {
      seen.push(inputs['observation'] ?? new Float32Array());
      return session.run(inputs);
    };
    await verifySession('critic', deployment(), { ...session, run });
    expect(seen.map(({ length }) => length)).toEqual([5000, 320]);
    for (const rows of seen) {
      const standardized = normalizer.normalize(rows).filter((_, i) => i % 5 < 4);
      const square = standardized.reduce((sum, x) => sum + x * x, 0) / standardized.length;
      expect(Math.abs(square - 1)).toBeLessThan(4 * Math.sqrt(2 / standardized.length));
    }
    await session.dispose();
  });

  test('clips what lies far out as the normalizer does', async () => {
    const policy = await loadPolicy(file('policy.onnx'));
    const far = Float32Array.of(1e9, -1e9, 1e9, -1e9, 1e9);
    const edge = Float32Array.from(
      means,
      (mean, i) => mean + (i % 2 === 0 ? 1 : -1) * 50 * (deviations[i] || 1),
    );
    expect(await policy.act(far)).toEqual(await policy.act(edge));
    await policy.dispose();
  });

  test('is not kept if the agent to compare with is the one inside, or has learned on', async () => {
    const before = await readFile(file('policy.onnx'));
    await expect(exportAgent(agent, deployment(), folder, metadata)).rejects.toThrow(
      /differ by .* allowed is/,
    );
    const other = observationNormalizer({ size: 5 });
    other.observe(rawRows(500, 3));
    await expect(
      exportAgent(normalizedAgent(agent, { observations: other }), deployment(), folder, metadata),
    ).rejects.toThrow(/differ by .* allowed is/);
    // Most likely it was forgotten.
    await expect(
      exportAgent(normalizedAgent(agent, { observations: normalizer }), agent.deployment(), folder, metadata),
    ).rejects.toThrow(
      'if that agent normalizes its observations, give its deployment normalizer: scaling() of the normalizer; if it does not, report this as a bug.',
    );
    expect(await readFile(file('policy.onnx'))).toEqual(before);
    expect(await readdir(folder)).toHaveLength(3);
  });

  test('must have one of its own size, with finite numbers', () => {
    const { mean, scale, clip } = observationNormalizer({ size: 4 }).scaling();
    expect(() => policyFiles({ ...agent.deployment(), normalizer: { mean, scale, clip } }, metadata)).toThrow(
      'the normalizer has 4 means and 4 scales, expected 5 finite ones',
    );
    const broken = { ...normalizer.scaling(), mean: new Float32Array(5).fill(Number.NaN) };
    expect(() => policyFiles({ ...agent.deployment(), normalizer: broken }, metadata)).toThrow(
      PolicyFileError,
    );
  });
});
