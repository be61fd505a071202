import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import type { UpdatesFactory } from '@meow-rl/learner';
import { threadedUpdates } from '@meow-rl/learner/node';
import { randomBatch, randomValues } from '@meow-rl/learner/testing';
import { compute, expectClose, matrix, rowsOf } from '@meow-rl/nn/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMeowAgent, MEOW_DEFAULTS } from './index.ts';
import type { MeowAgent, MeowConfig } from './index.ts';
import { SMALL, smallAlgorithm, smallNetworks } from './testing/small.ts';

const sizes = { observationSize: 3, actionSize: 2 };
const ROWS = 8;
const runtime = onnxRuntimeNode();

const FORMS = [0, 1, 2, 3, 4, 5, 6, 7].map(
  (i) =>
    ({
      coordinates: i < 4 ? 'latent' : 'action',
      couplingBound: i % 4 < 2 ? 1.5 : 0,
      uniformShare: i % 2 === 0 ? 1e-5 : 0,
    }) as const,
);
const bestOfK = { deterministic: 'best-of-k', candidates: 3 } as const;
const ADDITIVE = [
  { linear: 'none' },
  { linear: 'lu', tuneTemperature: true },
  { linear: 'none', tuneTemperature: true, ...bestOfK },
  { linear: 'lu', ...bestOfK },
] as const;
const BENDING = [
  { layers: 'affine', linear: 'lu', ...bestOfK },
  { layers: 'spline', linear: 'none', tuneTemperature: true, ...bestOfK },
  { layers: 'affine', linear: 'none', tuneTemperature: true, ...bestOfK },
  { layers: 'spline', linear: 'lu', ...bestOfK },
] as const;
/** Each form with an additive kind, and in both coordinates two kinds that bend. */
const CASES: readonly Partial<MeowConfig>[] = [
  ...FORMS.map((form, i) => Object.assign({}, form, ADDITIVE[(i + (i >> 2)) % 4])),
  { ...FORMS[0], ...BENDING[0] },
  { ...FORMS[3], ...BENDING[1] },
  { ...FORMS[4], ...BENDING[2] },
  { ...FORMS[7], ...BENDING[3] },
];

const open: MeowAgent[] = [];
const disposeAll = async () => {
  for (const agent of open.splice(0)) await agent.dispose();
};

async function agentWith(config: Partial<MeowConfig>, updates?: UpdatesFactory): Promise<MeowAgent> {
  const agent = await createMeowAgent({
    runtime,
    ...sizes,
    seed: 4,
    config: { ...SMALL, ...config },
    ...(updates && { updates }),
  });
  open.push(agent);
  agent.loadParameters(randomValues(smallAlgorithm(sizes, config), 1));
  return agent;
}

/** Transitions of another policy, whose actions also lie at the edges. */
const elsewhere = randomBatch(1, ROWS, sizes);
elsewhere.actions.set([1, -1, 1, 0.3, -1, -1, Math.fround(1 - 1e-7)]);

/** The batch that replay would give of them. */
const batchFor = async ({ replayed }: MeowAgent) => ({
  ...elsewhere,
  actions: (await replayed?.ofActions(elsewhere.actions)) ?? elsewhere.actions,
});

/** Sampled actions and, where replay keeps that, their latents. */
const explored = async (agent: MeowAgent) =>
  agent.replayed?.explore(elsewhere.observations) ??
  agent.act(elsewhere.observations, { deterministic: false });

describe.each(CASES)('%o', (config) => {
  let agent: MeowAgent;
  let start: ReturnType<MeowAgent['state']>;
  beforeAll(async () => {
    agent = await agentWith(config);
    start = agent.state();
  });
  afterAll(disposeAll);

  it('has V, Q and priorities of actions from elsewhere by the formula', async () => {
    const { q1, q2, value, logProb } = await agent.critic(elsewhere.observations, elsewhere.actions);
    const { logAlpha, ...ofFlow } = agent.parameters();
    const alpha = logAlpha ? Math.exp(logAlpha.data[0] ?? Number.NaN) : MEOW_DEFAULTS.alpha;
    const flow = smallNetworks(sizes, { ...config, uniformShare: 0 }, ofFlow).flow();
    const margin = 1 - 1e-5;
    const inside = Array.from(elsewhere.actions, (a) => Math.max(-margin, Math.min(margin, a)));
    const { unmixed } = await compute(
      {
        action: matrix(rowsOf(inside, 2)),
        state: matrix(rowsOf(Array.from(elsewhere.observations), 3)),
      },
      ({ action, state }) => ({ unmixed: flow.logProb(action, state) }),
    );
    const share = config.uniformShare ?? Number.NaN;
    const expected = unmixed.map((log) =>
      share > 0 ? Math.log((1 - share) * Math.exp(log) + share / 4) : log,
    );
    // 1 − 1e-5 has few digits left in float32.
    expectClose(Array.from(logProb), expected, 1e-2, 'log π');
    expectClose(
      Array.from(q1, (q, i) => (Math.min(q, q2[i] ?? Number.NaN) - (value[i] ?? Number.NaN)) / alpha),
      expected,
      1e-2,
      '(Q − V) / α',
    );

    const next = await agent.value(elsewhere.nextObservations);
    const y = next.map((v, i) => (elsewhere.rewards[i] ?? 0) + (elsewhere.discounts[i] ?? 0) * v);
    const { loss } = await agent.update(await batchFor(agent));
    const errors = Array.from(y, (target, i) => [(q1[i] ?? 0) - target, (q2[i] ?? 0) - target].map(Math.abs));
    expectClose(
      Array.from(agent.tdErrors()),
      errors.map(([first = 0, second = 0]) => (first + second) / 2),
      1e-4,
      'TD errors',
    );
    const squares = errors.flat().map((error) => error ** 2);
    expectClose([loss ?? 0], [squares.reduce((total, square) => total + square) / squares.length], 1e-4);
  });

  it('goes on to the same bits, and deploys how it acts', async () => {
    agent.restore(start);
    const batch = await batchFor(agent);
    for (let update = 0; update < 3; update += 1) await agent.update(batch);
    const { tensors, values: saved } = agent.state();
    const other = await agentWith(config);
    await other.update(batch);
    other.restore({ tensors, values: JSON.parse(JSON.stringify(saved)) });
    expect(await explored(other)).toEqual(await explored(agent));
    expect(await other.update(batch)).toEqual(await agent.update(batch));
    expect(other.state()).toEqual(agent.state());

    const { policy, state } = agent.deployment();
    const executable = await runtime.load(policy);
    for (const [name, values] of Object.entries(state))
      if (name in policy.state) executable.state.write(name, values);
    const { action } = await executable.run({ observation: elsewhere.observations });
    expect(action).toEqual(await agent.act(elsewhere.observations, { deterministic: true }));
    await executable.dispose();
  });
});

// The default form is what the tests of threads have.
it.each([
  { ...FORMS[7], ...ADDITIVE[0] },
  { ...FORMS[3], ...BENDING[2] },
])('makes the same updates in threads: %o', async (config) => {
  const [agent, shared] = [await agentWith(config), await agentWith(config, threadedUpdates({ threads: 2 }))];
  const batch = await batchFor(agent);
  for (let update = 0; update < 2; update += 1) {
    const [made, expected] = [await shared.update(batch), await agent.update(batch)];
    expect(Object.keys(made)).toEqual(Object.keys(expected));
    expectClose(Object.values(made), Object.values(expected), 1e-4, 'metrics');
    expectClose(Array.from(shared.tdErrors()), Array.from(agent.tdErrors()), 1e-4, 'TD errors');
  }
  await disposeAll();
});
