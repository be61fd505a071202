import { box, clipAction, createEnv, rescaleAction, timeLimit } from '@meow-rl/envs';
import { loadPolicy, policyFiles, type Policy, type PolicyMetadata } from '@meow-rl/export';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { createMeowAgent, type MeowAgent } from '@meow-rl/meow';
import { createGenerator } from '@meow-rl/random';
import { evaluate } from '@meow-rl/train';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { policyActor } from './policy-actor.ts';

/** Symmetric, uneven, far from 0, and one number: whatever a conversion forgets shows in one of them. */
const actionSpace = box({ low: [-0.4, 0.1, -3, 1000, -0.7], high: [0.4, 0.7, 1, 1001, -0.7] });
const observationSpace = box({ low: -1, high: 1, shape: [2] });
const size = actionSpace.size;
const steps = 20;

/** An environment that remembers the actions which reach it, and observes what doesn't depend on them. */
function listeningEnv() {
  const actions: number[][] = [];
  let step = 0;
  const observe = () => Float64Array.of(Math.sin(step), Math.cos(2 * step));
  const env = createEnv({
    id: 'Listening-v0',
    observationSpace,
    actionSpace,
    start: () => {
      step = 0;
      return { observation: observe(), info: {} };
    },
    advance: (action) => {
      actions.push([...action]);
      step += 1;
      return { observation: observe(), reward: 0, terminated: false, truncated: false, info: {} };
    },
  });
  return { env: timeLimit(env, steps), actions };
}

const metadata: PolicyMetadata = {
  algorithm: 'meow',
  environment: 'Listening-v0',
  observationSpace,
  actionSpace,
  trainingSteps: 0,
  versions: {},
};

let agent: MeowAgent;
let policy: Policy;
beforeAll(async () => {
  agent = await createMeowAgent({
    runtime: onnxRuntimeNode(),
    observationSize: observationSpace.size,
    actionSize: size,
    config: { hidden: [8, 8], shiftHidden: [8] },
  });
  policy = await loadPolicy(policyFiles(agent.deployment(), metadata).policy ?? new Uint8Array());
});
afterAll(async () => {
  await policy.dispose();
  await agent.dispose();
});

/** An agent's action in the environment's units. */
const inUnits = (action: number, entry: number): number => {
  const [low = 0, high = 0] = [actionSpace.low[entry], actionSpace.high[entry]];
  return low + ((action + 1) / 2) * (high - low);
};

/** How far float32 may lead, in the environment's units. */
const rounding = (entry: number): number =>
  4e-7 * Math.max(1, Math.abs(actionSpace.low[entry] ?? 0), Math.abs(actionSpace.high[entry] ?? 0));

describe('an exported file that is played', () => {
  test('sends the agent’s own actions to the environment', async () => {
    const [ofFile, ofAgent] = [listeningEnv(), listeningEnv()];
    const file = policyActor(policy, ofFile.env);
    await evaluate({ actor: file, env: clipAction(ofFile.env), episodes: 1, seed: 0 });
    await evaluate({ actor: agent, env: rescaleAction(ofAgent.env), episodes: 1, seed: 0 });
    expect(ofFile.actions).toHaveLength(steps);
    for (const [step, actions] of ofFile.actions.entries()) {
      const observation = Float32Array.of(Math.sin(step), Math.cos(2 * step));
      const expected = await agent.act(observation, { deterministic: true });
      for (const [entry, action] of actions.entries()) {
        const where = `entry ${entry} of step ${step}`;
        const error = Math.abs(action - inUnits(expected[entry] ?? Number.NaN, entry));
        expect(error, where).toBeLessThanOrEqual(rounding(entry));
        const difference = Math.abs(action - (ofAgent.actions[step]?.[entry] ?? Number.NaN));
        expect(difference, where).toBeLessThanOrEqual(rounding(entry));
      }
    }
    // Or the comparison would say little.
    for (const entry of [0, 1, 2, 3]) {
      const [low = 0, high = 0] = [actionSpace.low[entry], actionSpace.high[entry]];
      const values = ofFile.actions.map((action) => action[entry] ?? Number.NaN);
      expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(0.2 * (high - low));
    }
    expect(new Set(ofFile.actions.map((action) => action[4]))).toEqual(new Set([-0.7]));
  });

  test('gives each row of a batch its own action', async () => {
    const { env } = listeningEnv();
    const observations = new Float32Array(14);
    createGenerator(2).fillUniform(observations, -1, 1);
    const actions = await policyActor(policy, env).act(observations, { deterministic: true });
    const expected = await agent.act(observations, { deterministic: true });
    expect(actions).toHaveLength(7 * size);
    actions.forEach((action, i) => {
      const [entry, value] = [i % size, expected[i] ?? Number.NaN];
      expect(Math.abs(action - inUnits(value, entry))).toBeLessThanOrEqual(rounding(entry));
    });
  });

  test('stays within the bounds where float32 rounds beyond one', async () => {
    const beyond = Float32Array.from([...actionSpace.high], (high) => high + 2 ** -22 * Math.abs(high));
    const below = Float32Array.from([...actionSpace.low], (low) => low - 2 ** -22 * Math.abs(low));
    for (const [given, end] of [
      [beyond, actionSpace.high],
      [below, actionSpace.low],
    ] as const) {
      const rounded: Policy = { ...policy, act: () => Promise.resolve(given) };
      const { env, actions } = listeningEnv();
      await evaluate({ actor: policyActor(rounded, env), env: clipAction(env), episodes: 1, seed: 0 });
      expect(new Set(actions.map(String))).toEqual(new Set([[...end].join(',')]));
    }
  });

  test('is refused by an environment that takes actions in [-1, 1]', async () => {
    const { env } = listeningEnv();
    await expect(
      evaluate({ actor: policyActor(policy, env), env: rescaleAction(env), episodes: 1, seed: 0 }),
    ).rejects.toThrow(
      'evaluate: what acts gives actions from [-0.4, 0.1, -3, 1000, -0.7] to [0.4, 0.7, 1, 1001, -0.7], expected from [-1, -1, -1, -1, -1]',
    );
  });

  test.each([
    ['low', [-0.4, 0.1, -3.5, 1000, -0.7], [0.4, 0.7, 1, 1001, -0.7]],
    ['high', [-0.4, 0.1, -3, 1000, -0.7], [0.4, 0.7, 1, 1001, -0.6]],
  ])('is refused by an environment that takes other actions: %s', (_, low, high) => {
    const env = { id: 'Other-v0', observationSpace, actionSpace: box({ low, high }) };
    expect(() => policyActor(policy, env)).toThrow(
      `the policy gives actions from [${actionSpace.low.join(', ')}] to [${actionSpace.high.join(', ')}], Other-v0 takes them from [${low.join(', ')}] to [${high.join(', ')}]`,
    );
  });
});
