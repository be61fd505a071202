import { box, makeEnv, multiGoal, timeLimit, vectorEnv, wrapEnv, type AutoresetMode } from '@meow-rl/envs';
import { countingEnv } from '@meow-rl/envs/testing';
import { stream } from '@meow-rl/random';
import { replayBuffer } from '@meow-rl/replay';
import { describe, expect, it } from 'vitest';

import type { OffPolicyAgent } from './contracts/off-policy-agent.ts';
import type { TrainEvent } from './events.ts';
import { normalizedAgent } from './normalizers/normalized-agent.ts';
import { observationNormalizer } from './normalizers/observation-normalizer.ts';
import { seedFor, seedStreams } from './seeds.ts';
import { fakeAgent, type FakeAgentOptions } from './testing/fake-agent.ts';
import type { TrainOffPolicyOptions } from './off-policy-options.ts';
import type { OffPolicyState } from './off-policy-state.ts';
import { trainOffPolicy } from './train-off-policy.ts';

/** Row 0: episodes 0, 1, ... truncated after 2 steps. Row 1: episodes 100, 101, ... terminated after 3. */
const countingPair = (autoresetMode: AutoresetMode) =>
  vectorEnv([countingEnv({ length: 2 }), countingEnv({ length: 3, end: 'terminated', firstEpisode: 100 })], {
    autoresetMode,
  });

interface RunOptions extends Partial<TrainOffPolicyOptions> {
  readonly mode?: AutoresetMode;
  readonly fake?: FakeAgentOptions;
}

/** Trains a fake agent on the counting pair and returns all that can be seen of it. */
async function run({ mode = 'same-step', fake = {}, ...options }: RunOptions = {}) {
  const events: TrainEvent[] = [];
  const agent = fakeAgent(fake);
  const replay = replayBuffer({ capacity: 1000, observationSize: 2, actionSize: 1, discount: 0.9, seed: 0 });
  const result = await trainOffPolicy({
    agent,
    env: countingPair(mode),
    replay,
    steps: 10,
    batchSize: 4,
    seed: 1,
    ...options,
    onEvent: async (event) => {
      events.push(event);
      await options.onEvent?.(event);
    },
  });
  return { result, agent, events, stored: replay.state().transitions };
}

const ofType = <Type extends TrainEvent['type']>(events: readonly TrainEvent[], type: Type) =>
  events.filter((event): event is Extract<TrainEvent, { type: Type }> => event.type === type);

const withoutTime = (events: readonly TrainEvent[]) =>
  events.map((event) => ({ ...event, time: 'time' in event }));

const point = (values: Float32Array, i: number) => `${values[2 * i]}:${values[2 * i + 1]}`;

/** `episode:step -> episode:step`, with T where terminated, per stored transition. */
function arrows({ observations, nextObservations, terminated }: Awaited<ReturnType<typeof run>>['stored']) {
  return Array.from(
    terminated,
    (flag, i) => `${point(observations, i)} -> ${point(nextObservations, i)}${flag ? ' T' : ''}`,
  );
}

it('shows the agent each step that it stores, warm-up included', async () => {
  const observations = observationNormalizer({ size: 2 });
  const inner = fakeAgent();
  const { stored } = await run({ agent: normalizedAgent(inner, { observations }), warmup: 4, steps: 10 });
  expect(observations.count).toBe(10);
  const whole = observationNormalizer({ size: 2 });
  whole.observe(stored.observations);
  expect(observations.state()).toEqual(whole.state());
  expect(inner.updates).toBe(6);
});

describe('stored transitions', () => {
  it('same-step', async () => {
    const { stored, result } = await run({ mode: 'same-step' });
    expect(arrows(stored)).toEqual(
      [
        ['0:0 -> 0:1', '100:0 -> 100:1'],
        ['0:1 -> 0:2', '100:1 -> 100:2'],
        ['1:0 -> 1:1', '100:2 -> 100:3 T'],
        ['1:1 -> 1:2', '101:0 -> 101:1'],
        ['2:0 -> 2:1', '101:1 -> 101:2'],
      ].flat(),
    );
    expect(result.step).toBe(10);
  });

  it('disabled: the same as same-step', async () => {
    expect((await run({ mode: 'disabled' })).stored).toEqual((await run({ mode: 'same-step' })).stored);
  });

  it('next-step: leaves out the steps that only reset, and does not count them', async () => {
    const { stored, result } = await run({ mode: 'next-step' });
    expect(arrows(stored)).toEqual(
      [
        ['0:0 -> 0:1', '100:0 -> 100:1'],
        ['0:1 -> 0:2', '100:1 -> 100:2'],
        ['100:2 -> 100:3 T'],
        ['1:0 -> 1:1'],
        ['1:1 -> 1:2', '101:0 -> 101:1'],
        ['101:1 -> 101:2'],
        ['2:0 -> 2:1', '101:2 -> 101:3 T'],
      ].flat(),
    );
    expect(result.step).toBe(11); // the last vector step brings two
  });

  it.each(['same-step', 'next-step', 'disabled'] as const)(
    '%s: pairs every action and reward with the observation acted on',
    async (mode) => {
      const { stored } = await run({ mode, steps: 60 });
      for (const [i, action] of stored.actions.entries()) {
        expect(action).toBe(Math.fround(0.01 * (stored.observations[2 * i + 1] ?? Number.NaN)));
        expect(stored.rewards[i]).toBe(action);
      }
    },
  );

  it('gives the same experience in every mode, row by row', async () => {
    const modes = ['same-step', 'next-step', 'disabled'] as const;
    const runs = await Promise.all(modes.map((mode) => run({ mode, steps: 60 })));
    const ofRow1 = runs.map(({ stored }) => arrows(stored).filter((arrow) => /^1\d\d:/.test(arrow)));
    const shortest = Math.min(...ofRow1.map((row) => row.length));
    expect(shortest).toBeGreaterThan(20);
    expect(ofRow1[1]?.slice(0, shortest)).toEqual(ofRow1[0]?.slice(0, shortest));
    expect(ofRow1[2]?.slice(0, shortest)).toEqual(ofRow1[0]?.slice(0, shortest));
  });
});

describe('schedule', () => {
  it('warms up with uniform actions of the exploration stream, without updates', async () => {
    const { stored, agent, result } = await run({ steps: 10, warmup: 6 });
    const expected = new Float32Array(6);
    stream(1, seedStreams.exploration).fillUniform(expected, -1, 1);
    expect(stored.actions.slice(0, 6)).toEqual(expected);
    expect(stored.actions[6]).toBe(Math.fround(0.01 * (stored.observations[13] ?? Number.NaN)));
    expect(agent.acts).toEqual([false, false]);
    expect(result.updates).toBe(4);
  });

  it.each([
    [0, 0],
    [0.1, 10],
    [0.25, 25],
    // 100 · 0.29 is less than 29 in float64.
    [0.29, 29],
    [1, 100],
    [3, 300],
  ])('makes %d updates per step without losing fractions', async (updatesPerStep, updates) => {
    const { result, agent } = await run({ steps: 120, warmup: 20, updatesPerStep });
    expect(result).toEqual({ step: 120, updates, aborted: false });
    expect(agent.updates).toBe(updates);
  });

  it('spreads fractional updates evenly', async () => {
    const { events } = await run({ steps: 12, updatesPerStep: 0.25 });
    expect(ofType(events, 'progress').map(({ updates }) => updates)).toEqual([0, 1, 1, 2, 2, 3]);
  });
});

it('gives the buffer the errors of each batch as priorities, by their order', async () => {
  const replay = replayBuffer({
    capacity: 1000,
    observationSize: 2,
    actionSize: 1,
    discount: 0.9,
    seed: 0,
    prioritized: { alpha: 0.5, epsilon: 1e-6 },
  });
  const expected = new Float32Array(20).fill(1);
  let updates = 0;
  const errors = () => Float32Array.from({ length: 4 }, (_, i) => (updates + i) / 100);
  const agent: OffPolicyAgent = {
    ...fakeAgent(),
    actsDuringUpdate: true,
    update: async ({ indices }) => {
      updates += 1;
      for (const [i, index] of indices?.entries() ?? [])
        expected[index] = ((errors()[i] ?? Number.NaN) + 1e-6) ** 0.5;
      return {};
    },
    tdErrors: errors,
  };
  await run({ steps: 20, agent, replay });
  expect(updates).toBe(20);
  expect(replay.state().priorities?.values).toEqual(expected);
  expect(new Set(expected).size).toBeGreaterThan(5);
});

const cents = (sum: number) => expect.closeTo(sum, 6);

/** Reports the update's number as loss, and once another metric. */
const countingMetrics = (_: unknown, update: number) => ({ loss: update, ...(update === 7 && { rare: 5 }) });

describe('events', () => {
  it('reports every episode when it ends', async () => {
    const { events } = await run({ steps: 8 });
    expect(ofType(events, 'episode')).toEqual([
      { type: 'episode', step: 4, environment: 0, return: cents(0.01), length: 2, terminated: false },
      { type: 'episode', step: 6, environment: 1, return: cents(0.03), length: 3, terminated: true },
      { type: 'episode', step: 8, environment: 0, return: cents(0.01), length: 2, terminated: false },
    ]);
  });

  it('averages the updates since the last metrics, and the episodes', async () => {
    const { events } = await run({ steps: 12, logEvery: 4, warmup: 4, fake: { metrics: countingMetrics } });
    const expected = [
      { step: 4, updates: 0, episodes: 1, meanLength: 2, update: {} },
      { step: 8, updates: 4, episodes: 3, meanLength: 7 / 3, update: { loss: 2.5 } },
      { step: 12, updates: 8, episodes: 5, meanLength: 12 / 5, update: { loss: 6.5, rare: 5 } },
    ];
    expect(ofType(events, 'metrics')).toMatchObject(expected);
    expect(ofType(events, 'metrics').map(({ update }) => update)).toEqual(
      expected.map(({ update }) => update),
    );
  });

  it('leaves out means before the first episode has ended', async () => {
    const { events } = await run({ steps: 2, logEvery: 2 });
    expect(ofType(events, 'metrics')).toHaveLength(1);
    expect(ofType(events, 'metrics')[0]).not.toHaveProperty('meanReturn');
  });

  it('tells the progress of every vector step', async () => {
    const { events } = await run({ steps: 6 });
    expect(ofType(events, 'progress')).toEqual([
      { type: 'progress', step: 2, steps: 6, updates: 2, episodes: 0 },
      { type: 'progress', step: 4, steps: 6, updates: 4, episodes: 1 },
      { type: 'progress', step: 6, steps: 6, updates: 6, episodes: 2 },
    ]);
  });

  it('evaluates on schedule, deterministically, in an environment of its own', async () => {
    const env = countingEnv({ length: 4, firstEpisode: 50 });
    const { events, agent } = await run({ steps: 12, evaluate: { env, every: 5, episodes: 3 } });
    const evaluations = ofType(events, 'evaluation');
    expect(evaluations.map(({ step, updates }) => [step, updates])).toEqual([
      [6, 6],
      [10, 10],
    ]);
    expect(evaluations[0]?.lengths).toEqual([4, 4, 4]);
    expect(evaluations[0]?.mean).toBeCloseTo(0.06, 6);
    expect(agent.acts.filter(Boolean)).toHaveLength(2 * 3 * 4);
    expect(agent.acts.filter((deterministic) => !deterministic)).toHaveLength(6);
  });
});

describe('warnings', () => {
  /** Of a loss that is the number of the update, and of a metric that update 7 alone reports. */
  const fake: FakeAgentOptions = {
    metrics: countingMetrics,
    warnings: {
      high: ({ loss = 0 }) => (loss > 5 ? `The loss is ${loss}.` : undefined),
      seen: ({ rare }) => (rare === undefined ? undefined : `It is ${rare}.`),
      never: () => undefined,
    },
  };
  const high = { type: 'warning', step: 10, updates: 6, name: 'high', message: 'The loss is 6.' };
  const seen = { type: 'warning', step: 12, updates: 7, name: 'seen', message: 'It is 5.' };

  it('are each given once, at the step whose update calls for them', async () => {
    // Two environments, and an update for each second step.
    const { events } = await run({ steps: 20, warmup: 4, fake });
    expect(ofType(events, 'warning')).toEqual([high, seen]);
    const before = events.findIndex(({ type }) => type === 'warning');
    expect(events.slice(0, before).filter(({ type }) => type === 'progress')).toHaveLength(4);
  });

  it('are kept in the state, where there were any, by name', async () => {
    const saved: OffPolicyState[] = [];
    const checkpoint = { every: 2, save: async (loop: OffPolicyState) => void saved.push(loop) };
    await run({ steps: 12, warmup: 4, fake, checkpoint });
    expect(saved.map(({ step, warned }) => [step, warned])).toEqual([
      [2, undefined],
      [4, undefined],
      [6, undefined],
      [8, undefined],
      [10, ['high']],
      [12, ['high', 'seen']],
    ]);
  });
});

const multiGoalRun = async (seed: number) => {
  const env = vectorEnv(() => timeLimit(multiGoal(), 7), { numEnvs: 2 });
  const replay = replayBuffer({
    capacity: 200,
    observationSize: 2,
    actionSize: 2,
    discount: 0.9,
    seed: seedFor('replay', seed),
  });
  const evaluate = { env: makeEnv('MultiGoal-v0', { maxSteps: 5 }), every: 20, episodes: 2 };
  return run({
    env,
    replay,
    agent: fakeAgent({ actionSize: 2 }),
    steps: 60,
    warmup: 20,
    logEvery: 10,
    evaluate,
    seed,
  });
};

describe('seeds', () => {
  it('give the same events but for their time, and others for another seed', async () => {
    const [first, again, other] = [await multiGoalRun(3), await multiGoalRun(3), await multiGoalRun(4)];
    expect(first.events.length).toBeGreaterThan(40);
    expect(withoutTime(again.events)).toEqual(withoutTime(first.events));
    expect(withoutTime(other.events)).not.toEqual(withoutTime(first.events));
  });

  it('keep wall-clock values under time', async () => {
    const { events } = await multiGoalRun(3);
    for (const { time } of ofType(events, 'metrics')) {
      const known = ['seconds', 'stepsPerSecond', 'updateMilliseconds', 'memoryMebibytes'];
      expect(known).toEqual(expect.arrayContaining(Object.keys(time)));
      expect(time.memoryMebibytes).toBeGreaterThan(10);
      expect(time.stepsPerSecond).toBeGreaterThan(0);
    }
  });

  it('start every evaluation elsewhere', async () => {
    const means = ofType((await multiGoalRun(3)).events, 'evaluation').map(({ mean }) => mean);
    expect(means).toHaveLength(3);
    expect(new Set(means).size).toBe(3);
  });
});

describe('abort', () => {
  it('stops at the next step boundary', async () => {
    const controller = new AbortController();
    const onEvent = (event: TrainEvent) => {
      if (event.type === 'progress' && event.step === 4) controller.abort();
    };
    const { result, stored } = await run({ steps: 1000, signal: controller.signal, onEvent });
    expect(result).toEqual({ step: 4, updates: 4, aborted: true });
    expect(stored.rewards).toHaveLength(4);
  });

  it('does nothing when aborted before', async () => {
    const { result, events } = await run({ signal: AbortSignal.abort() });
    expect(result).toEqual({ step: 0, updates: 0, aborted: true });
    expect(events).toEqual([]);
  });
});

const narrow = () =>
  wrapEnv(countingEnv({ length: 2 }), { actionSpace: box({ low: -0.4, high: 0.4, shape: [1] }) });

/** Reports a loss that isn't finite from the third update on. */
const diverging = (_: unknown, update: number) => ({ fine: 1, loss: update < 3 ? 1 : Number.NaN });

describe('errors', () => {
  it('refuses an action space other than [-1, 1]', async () => {
    await expect(run({ env: vectorEnv([narrow()]) })).rejects.toThrow(
      'trainOffPolicy: action entry 0 of Counting-v0 is in [-0.4, 0.4], expected [-1, 1], in which agents act. ' +
        'Wrap the environment with rescaleAction(env).',
    );
    await expect(run({ evaluate: { env: narrow(), every: 10 } })).rejects.toThrow(
      'trainOffPolicy: evaluate: action',
    );
  });

  it('refuses to evaluate what has no deterministic action, before it begins', async () => {
    const agent = { ...fakeAgent(), withoutMode: 'Sample.' };
    await expect(run({ agent, evaluate: { env: countingEnv({ length: 2 }), every: 10 } })).rejects.toThrow(
      'trainOffPolicy: evaluate plays deterministic actions, and the fake agent has none. Sample.',
    );
    expect((await run({ agent, steps: 4 })).result).toMatchObject({ step: 4 });
  });

  it('refuses sizes that do not fit', async () => {
    await expect(run({ fake: { observationSize: 3 } })).rejects.toThrow(
      'trainOffPolicy: what acts has observationSize = 3, expected 2 as in Counting-v0',
    );
    const replay = replayBuffer({ capacity: 10, observationSize: 2, actionSize: 2, discount: 0.9, seed: 0 });
    await expect(run({ replay })).rejects.toThrow('the replay buffer has actionSize = 2, expected 1');
  });

  it.each([
    [{ steps: 0 }, 'steps is 0, expected a positive integer'],
    [{ batchSize: 1.5 }, 'batchSize is 1.5'],
    [{ logEvery: 0 }, 'logEvery is 0'],
    [{ warmup: -1 }, 'warmup is -1, expected a number of at least 0'],
    [{ updatesPerStep: Number.NaN }, 'updatesPerStep is NaN'],
    [
      { warmup: 10 },
      'warmup 10 and updatesPerStep 1 make no update in 10 steps: nothing would be learned. Train for more steps, shorten the warm-up, or set updatesPerStep to 0 to collect transitions only.',
    ],
    [{ updatesPerStep: 0.05 }, 'warmup 0 and updatesPerStep 0.05 make no update in 10 steps'],
    [{ seed: 0.5 }, 'seed is 0.5'],
  ])('refuses %j', async (options, message) => {
    await expect(run(options)).rejects.toThrow(message);
  });

  it('takes a warm-up that the last vector step goes beyond', async () => {
    const { result } = await run({ steps: 9, warmup: 9 });
    expect(result).toEqual({ step: 10, updates: 1, aborted: false });
  });

  it('refuses batches and a discount that the agent does not learn with, also where it is normalized', async () => {
    const agent = { ...fakeAgent(), batchSize: 8, gamma: 0.9 };
    const normalized = normalizedAgent(agent, { observations: observationNormalizer({ size: 2 }) });
    const replay = replayBuffer({ capacity: 10, observationSize: 2, actionSize: 1, discount: 0.99, seed: 0 });
    for (const given of [agent, normalized]) {
      await expect(run({ agent: given })).rejects.toThrow(
        'trainOffPolicy: batchSize is 4, expected the 8 transitions that the fake agent updates on. Leave batchSize out, or make the agent with this one.',
      );
      await expect(run({ agent: given, batchSize: 8, replay })).rejects.toThrow(
        'trainOffPolicy: the replay buffer has discount = 0.99, expected 0.9, the gamma that the fake agent learns with. Make the buffer with discount: agent.gamma, or the agent with another gamma.',
      );
    }
  });

  it('takes as many transitions as the agent updates on, unless it is told', async () => {
    const seen: number[] = [];
    const update: OffPolicyAgent['update'] = async ({ rewards }) => {
      seen.push(rewards.length);
      return {};
    };
    const { agent, env } = { agent: { ...fakeAgent(), update }, env: countingPair('same-step') };
    const options = { env, steps: 2, seed: 1, updatesPerStep: 0.5 };
    const replay = replayBuffer({ capacity: 10, observationSize: 2, actionSize: 1, discount: 0.9, seed: 0 });
    await trainOffPolicy({ ...options, replay, agent: { ...agent, batchSize: 8, gamma: 0.9 } });
    await trainOffPolicy({ ...options, replay, agent });
    expect(seen).toEqual([8, 256]);
  });

  it('stops at the first update that is not finite', async () => {
    await expect(run({ fake: { metrics: diverging } })).rejects.toThrow(
      'trainOffPolicy: update 3 at step 4 reported loss = NaN, expected a finite number. ' +
        'If training has diverged, lower the learning rate, the gradient clip or the scale of the rewards; ' +
        'leave out a metric that there is none of.',
    );
  });
});

it('with a pipeline throws what went wrong once nothing goes on any more', async () => {
  const env = countingPair('same-step');
  let steps = 0;
  let updates = 0;
  const failing: typeof env = {
    ...env,
    step: (actions) => {
      steps += 1;
      if (steps === 4) throw new Error('the worker is lost');
      return env.step(actions);
    },
  };
  const agent: OffPolicyAgent = {
    ...fakeAgent(),
    actsDuringUpdate: true,
    update: async () => {
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
      updates += 1;
      return {};
    },
  };
  await expect(run({ agent, env: failing, pipeline: true, warmup: 4, updatesPerStep: 2 })).rejects.toThrow(
    'the worker is lost',
  );
  const made = updates;
  expect(made).toBe(4);
  await new Promise((resolve) => {
    setTimeout(resolve, 50);
  });
  expect(updates).toBe(made);
});
