import { createSqlAgent } from '@meow-rl/baselines';
import { mapValues, referenceRuntime } from '@meow-rl/graph';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { loadPolicy, policyFiles, verifyPolicy } from './index.ts';
import type { Deployment } from './index.ts';
import { stirredAgent } from './testing/agents.ts';
import { actionSpace, metadata, observationSpace } from './testing/trained-agent.ts';

const OBSERVATIONS = 300;

/** Acts in float64, where files compute in float32. */
let agent: Awaited<ReturnType<typeof createSqlAgent>>;
let deployment: ReturnType<typeof agent.deployment>;

beforeAll(async () => {
  agent = await stirredAgent(() =>
    createSqlAgent({
      runtime: referenceRuntime,
      observationSize: observationSpace.size,
      actionSize: actionSpace.size,
      config: { hidden: [8], candidates: 8 },
    }),
  );
  // Q of all candidates is nearly the same large number: float32 has steps of 0.008 there.
  const { 'q1.1.bias': bias, 'q1.1.weight': weight, ...parameters } = agent.parameters();
  if (!bias || !weight) throw new Error('the critic has other layers');
  agent.loadParameters({
    ...parameters,
    'q1.1.bias': { ...bias, data: [1e5] },
    'q1.1.weight': { ...weight, data: Array.from(weight.data, (value) => 10 * value) },
  });
  deployment = agent.deployment();
});
afterAll(() => agent.dispose());

/** Compares the file of a deployment with the agent. */
async function verify(made: Deployment, judgedBy?: Deployment): Promise<number> {
  const policy = await loadPolicy(policyFiles(made, metadata).policy ?? new Uint8Array());
  try {
    const options = { observations: OBSERVATIONS, ...(judgedBy && { deployment: judgedBy }) };
    return (await verifyPolicy(agent, policy, options)).maxError;
  } finally {
    await policy.dispose();
  }
}

/** The deployment with some states scaled. */
const scaled = (made: Deployment, group: 'critics' | 'sampler', factor: number): Deployment => ({
  ...made,
  state: mapValues(made.state, (values, name) =>
    name.startsWith(`${group}/`) ? Float32Array.from(values, (value) => value * factor) : values,
  ),
});

test('where two candidates are as good to all digits of float32 a file may take either', async () => {
  await expect(verify(deployment)).rejects.toThrow(/differ by .* in action, allowed is 0\.00001/);
  expect(await verify(deployment, deployment)).toBeLessThan(1e-5);
});

test('a file that takes another candidate than one of the best is refused', async () => {
  await expect(verify(scaled(deployment, 'critics', -1), deployment)).rejects.toThrow(
    /differ by .* in action, allowed is/,
  );
});

test('a file whose actions are those of no candidate is refused', async () => {
  await expect(verify(scaled(deployment, 'sampler', 1.001), deployment)).rejects.toThrow(
    /differ by .* in action, allowed is/,
  );
});

test('an agent that does not act as its programs say is told', async () => {
  const other = scaled(deployment, 'critics', -1);
  await expect(verify(other, other)).rejects.toThrow(/differ by .* in action, allowed is/);
});

test('an action that rounding moves by more than the tolerance is explained, and one of other weights is not', async () => {
  // Large numbers that cancel each other: what is left of them has few digits.
  const parameters = agent.parameters();
  const { 'sampler.0.weight': first } = parameters;
  if (!first) throw new Error('the sampler has other layers');
  const data = Array.from(first.data, (value) => 3e3 * value);
  agent.loadParameters({ ...parameters, 'sampler.0.weight': { ...first, data } });
  const steep = agent.deployment();
  await expect(verify(steep)).rejects.toThrow(/differ by .* in action, allowed is 0\.00001/);
  expect(await verify(steep, steep)).toBeLessThan(0.01);
  await expect(verify(deployment, steep)).rejects.toThrow(/differ by .* in action, allowed is/);
  agent.loadParameters(parameters);
});
