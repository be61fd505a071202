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
import type { CommonAgent } from '@meow-rl/learner';

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
export const AGENTS: Readonly<Record<string, () => Promise<CommonAgent>>> = {
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
export async function stirredAgent(make: () => Promise<CommonAgent>): Promise<CommonAgent> {
  const agent = await make();
  const random = createGenerator(6);
  const stirred = Object.entries(agent.parameters()).map(([name, { shape, data }]) => {
    const values = Float32Array.from(data, (value) => value + 0.1 * random.normal());
    return [name, { shape, data: values }] as const;
  });
  agent.loadParameters(Object.fromEntries(stirred));
  return agent;
}
