import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { createAgent } from '@meow-rl/learner';
import { deterministicActorCritic, randomBatch } from '@meow-rl/learner/testing';
import * as ort from 'onnxruntime-node';
import { expect, onTestFinished, test } from 'vitest';

import { loadPolicy, verifyPolicy } from './index.ts';
import { exportAgent } from './node.ts';
import { openPolicyFile } from './policy-session.ts';
import { actionSpace, metadata, normalRows, observationSpace } from './testing/trained-agent.ts';

const sizes = { observationSize: observationSpace.size, actionSize: actionSpace.size };

test('an agent of a small definition without a density is exported and verified, with its own critic', async () => {
  const make = () =>
    createAgent(deterministicActorCritic, { runtime: onnxRuntimeNode(), ...sizes, config: { hidden: [16] } });
  const [agent, other] = [await make(), await make()];
  const folder = await mkdtemp(path.join(tmpdir(), 'meow-export-'));
  onTestFinished(async () => {
    await agent.dispose();
    await other.dispose();
    await rm(folder, { recursive: true });
  });
  for (let update = 1; update <= 20; update += 1) await agent.update(randomBatch(update, 8, sizes));

  const about = { ...metadata, algorithm: agent.algorithm };
  const written = await exportAgent(agent, agent.deployment(), folder, about);
  expect(written.map(({ kind }) => kind)).toEqual(['policy', 'critic']);
  expect((await readdir(folder)).toSorted()).toEqual(['critic.onnx', 'policy.onnx']);

  const policy = await loadPolicy(path.join(folder, 'policy.onnx'));
  expect(policy.metadata.algorithm).toBe('deterministic-actor-critic');
  const { observations, maxError } = await verifyPolicy(agent, policy);
  expect(observations).toBe(1000);
  expect(maxError).toBeLessThan(1e-5);
  // Twenty updates have moved it from where it started.
  await expect(verifyPolicy(other, policy)).rejects.toThrow(/differ by .* allowed is/);
  await policy.dispose();

  const critic = await openPolicyFile(await readFile(path.join(folder, 'critic.onnx')), ort);
  expect(critic.outputNames).toEqual(['q']);
  const observation = normalRows(6, sizes.observationSize, 1);
  const actions = normalRows(6, sizes.actionSize, 2).map(Math.tanh);
  const units = actions.map((action, i) => {
    const [low = 0, high = 0] = [actionSpace.low[i % 3], actionSpace.high[i % 3]];
    return low + ((action + 1) / 2) * (high - low);
  });
  const { q } = await critic.run({ observation, action: units });
  const expected = (await agent.critic(observation, actions)).q;
  expect(Array.from(q ?? [])).toEqual(Array.from(expected, (value) => expect.closeTo(value, 4)));
  await critic.dispose();
});
