import {
  createDdpgAgent,
  createPpoAgent,
  createSacAgent,
  createSqlAgent,
  createTd3Agent,
} from '@meow-rl/baselines';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { createMeowAgent } from '@meow-rl/meow';
import type { MeowConfig } from '@meow-rl/meow';
import { createGenerator } from '@meow-rl/random';
import type { Agent, RolloutAgent } from '@meow-rl/learner';
import { randomBatch } from '@meow-rl/learner/testing';

import { actionSpace, observationSpace } from './trained-agent.ts';

const options = () => ({
  runtime: onnxRuntimeNode(),
  observationSize: observationSpace.size,
  actionSize: actionSpace.size,
  seed: 5,
});

const meow = (config: Partial<MeowConfig>) => () =>
  createMeowAgent({ ...options(), config: { hidden: [40, 8], shiftHidden: [8], couplings: 3, ...config } });

/** Agents of every algorithm, and MEow with each kind of layer. */
export const AGENTS: Readonly<Record<string, () => Promise<Agent | RolloutAgent>>> = {
  meow: meow({}),
  'meow with a tuned temperature': meow({ tuneTemperature: true }),
  'meow in actions, without shifts': meow({ coordinates: 'action', shifts: 0, uniformShare: 0 }),
  'meow with linear layers': meow({ linear: 'lu' }),
  'meow of affine couplings, best of k': meow({
    layers: 'affine',
    deterministic: 'best-of-k',
    candidates: 4,
  }),
  'meow of splines, best of k': meow({ layers: 'spline', deterministic: 'best-of-k', candidates: 4 }),
  sac: () => createSacAgent({ ...options(), config: { hidden: [40, 40], shifts: 1, shiftHidden: [8] } }),
  td3: () => createTd3Agent({ ...options(), config: { hidden: [40, 40] } }),
  ddpg: () => createDdpgAgent({ ...options(), config: { hidden: [40, 40] } }),
  sql: () => createSqlAgent({ ...options(), config: { hidden: [40, 40], candidates: 4 } }),
  ppo: () => createPpoAgent({ ...options(), config: { hidden: [40, 40] } }),
};

/** The agent with parameters that are all different, as after training. */
export async function stirredAgent<A extends Agent | RolloutAgent>(make: () => Promise<A>): Promise<A> {
  const agent = await make();
  const random = createGenerator(6);
  const stirred = Object.entries(agent.parameters()).map(([name, { shape, data }]) => {
    const values = Float32Array.from(data, (value) => value + 0.1 * random.normal());
    return [name, { shape, data: values }] as const;
  });
  agent.loadParameters(Object.fromEntries(stirred));
  return agent;
}

/** The agent after a few updates from there; an on-policy one, which learns from what it does, is only stirred. */
export async function updatedAgent(make: () => Promise<Agent | RolloutAgent>): Promise<Agent | RolloutAgent> {
  const agent = await stirredAgent(make);
  const sizes = { observationSize: agent.observationSize, actionSize: agent.actionSize };
  if ('tdErrors' in agent)
    for (let update = 1; update <= 20; update += 1)
      await agent.update(randomBatch(update, agent.config.batchSize, sizes));
  return agent;
}
