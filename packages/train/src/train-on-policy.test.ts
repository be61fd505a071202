import { box, createEnv, timeLimit, vectorEnv, type AutoresetMode, type Env } from '@meow-rl/envs';
import { replayBuffer, rolloutBuffer, type RolloutBufferState } from '@meow-rl/replay';
import { describe, expect, it } from 'vitest';

import type { TrainEvent } from './events.ts';
import type { OnPolicyState } from './on-policy-state.ts';
import { restartSeed } from './seeds.ts';
import { fakeAgent } from './testing/fake-agent.ts';
import { fakeOnPolicyAgent } from './testing/fake-on-policy-agent.ts';
import { losesLastObservations } from './testing/loses-last-observations.ts';
import { trainOffPolicy } from './train-off-policy.ts';
import { trainOnPolicy } from './train-on-policy.ts';

const MODES = ['next-step', 'same-step', 'disabled'] as const;
const LAST = 4;

/** Walks from 0 to the state 4, where it terminates; pays the state that it leaves. */
function corridor(): Env {
  let state = 0;
  return createEnv({
    id: 'Corridor-v0',
    observationSpace: box({ low: 0, high: LAST, shape: [1] }),
    actionSpace: box({ low: -1, high: 1, shape: [1] }),
    start() {
      state = 0;
      return { observation: Float64Array.of(state), info: {} };
    },
    advance() {
      const reward = state;
      state += 1;
      const terminated = state === LAST;
      return { observation: Float64Array.of(state), reward, terminated, truncated: false, info: {} };
    },
    capture: () => state,
    resume(saved) {
      state = Number(saved);
    },
  });
}

const environments = {
  terminates: corridor,
  truncates: () => timeLimit(corridor(), 3),
  both: () => timeLimit(corridor(), LAST),
};

function makeRun(autoresetMode: AutoresetMode, make: () => Env, steps = 24) {
  const agent = fakeOnPolicyAgent();
  const env = vectorEnv(make, { numEnvs: 2, autoresetMode });
  const rollout = rolloutBuffer({ steps: 6, numEnvs: 2, observationSize: 1, actionSize: 1 });
  const events: TrainEvent[] = [];
  const onEvent = (event: TrainEvent) => void events.push(event);
  return { agent, env, events, options: { agent, env, rollout, steps, seed: 1, logEvery: 1, onEvent } };
}

/** Entries of the first of two sub-environments. */
const ofFirst = (values: ArrayLike<number> = []): number[] =>
  Array.from(values).filter((_, i) => i % 2 === 0);

/** As untyped code gives it. */
const asAny = (value: unknown): never => value as never;

describe.each(MODES)('rollouts in %s mode', (mode) => {
  it('end at a termination, with nothing behind it', async () => {
    const { agent, options } = makeRun(mode, environments.terminates);
    await trainOnPolicy(options);
    const [{ rollout } = { rollout: undefined }] = agent.seen;
    expect(ofFirst(rollout?.observations)).toEqual([0, 1, 2, 3, 0, 1]);
    expect(ofFirst(rollout?.rewards)).toEqual([0, 1, 2, 3, 0, 1]);
    expect(ofFirst(rollout?.values)).toEqual([0, 10, 20, 30, 0, 10]);
    expect(ofFirst(rollout?.nextValues)).toEqual([10, 20, 30, 0, 10, 20]);
    expect(ofFirst(rollout?.terminated)).toEqual([0, 0, 0, 1, 0, 0]);
    expect(ofFirst(rollout?.done)).toEqual([0, 0, 0, 1, 0, 0]);
    // What was sampled, not what the environment took.
    expect(ofFirst(rollout?.actions)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(ofFirst(rollout?.logProbs)).toEqual([-1, -1, -1, -1, -1, -1]);
    expect(rollout?.rewards.filter((_, i) => i % 2 === 1)).toEqual(
      rollout?.rewards.filter((_, i) => i % 2 === 0),
    );
  });

  it('go on in value past a truncation, never into the next episode', async () => {
    const { agent, options } = makeRun(mode, environments.truncates);
    await trainOnPolicy(options);
    const [{ rollout } = { rollout: undefined }] = agent.seen;
    expect(ofFirst(rollout?.observations)).toEqual([0, 1, 2, 0, 1, 2]);
    expect(ofFirst(rollout?.nextValues)).toEqual([10, 20, 30, 10, 20, 30]);
    expect(ofFirst(rollout?.terminated)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(ofFirst(rollout?.done)).toEqual([0, 0, 1, 0, 0, 1]);
  });

  it('have nothing behind a step that both terminates and reaches the limit', async () => {
    const { agent, options } = makeRun(mode, environments.both);
    await trainOnPolicy(options);
    const [{ rollout } = { rollout: undefined }] = agent.seen;
    expect([...(rollout?.nextValues ?? [])].slice(6, 8)).toEqual([0, 0]);
    expect([...(rollout?.terminated ?? [])].slice(6, 8)).toEqual([1, 1]);
  });

  it('go on from each checkpoint as if nothing had been, also in the middle of one', async () => {
    const whole = makeRun(mode, environments.truncates, 48);
    const saved: { json: string; rollout: RolloutBufferState; events: number; seen: number }[] = [];
    await trainOnPolicy({
      ...whole.options,
      checkpoint: {
        every: 5,
        save: async (loop) => {
          const json = JSON.stringify({ loop, env: whole.env.state() });
          const { length: events } = whole.events;
          saved.push({ json, rollout: whole.options.rollout.state(), events, seen: whole.agent.seen.length });
        },
      },
    });
    // In the middle of rollouts, and at least one of them before the last.
    expect(saved.filter(({ rollout }) => Math.max(...rollout.counts) > 0).length).toBeGreaterThan(5);
    for (const { json, rollout, seen } of saved) {
      const state: { loop: OnPolicyState; env: ReturnType<typeof whole.env.state> } = JSON.parse(json);
      const resumed = makeRun(mode, environments.truncates, 48);
      resumed.env.restore(state.env);
      resumed.options.rollout.restore(rollout);
      await trainOnPolicy({ ...resumed.options, resume: state.loop });
      expect(resumed.agent.seen).toEqual(whole.agent.seen.slice(seen));
      const told = (events: readonly TrainEvent[]) =>
        events
          .filter(({ step }) => step > state.loop.step)
          .map((event) => Object.assign({}, event, { time: 0 }));
      expect(told(resumed.events)).toEqual(told(whole.events));
    }
  });
});

it('says how far the run was, counts gradient steps, and leaves a rest unlearned', async () => {
  const { agent, events, options } = makeRun('same-step', environments.terminates, 30);
  expect(await trainOnPolicy(options)).toEqual({ step: 30, updates: 4, aborted: false });
  expect(agent.seen.map(({ progress }) => progress)).toEqual([0, 0.4]);
  const metrics = events.filter((event) => event.type === 'metrics');
  expect(metrics.map(({ step, updates }) => [step, updates])).toEqual([
    [12, 2],
    [24, 4],
  ]);
  expect(metrics.map(({ update }) => update)).toEqual([{ meanReward: 14 }, expect.anything()]);
});

describe('what does not fit', () => {
  it('is refused: an agent or a buffer of the other kind', async () => {
    const { env, options } = makeRun('same-step', corridor);
    const other = fakeAgent({ observationSize: 1 });
    const replay = replayBuffer({ capacity: 9, observationSize: 1, actionSize: 1, discount: 1, seed: 0 });
    await expect(trainOnPolicy({ ...options, agent: asAny(other) })).rejects.toThrow(
      'trainOnPolicy: the fake agent learns from a replay buffer, expected one that learns from rollouts. Train it with trainOffPolicy.',
    );
    await expect(trainOnPolicy({ ...options, rollout: asAny(replay) })).rejects.toThrow(
      'trainOnPolicy: rollout is no rollout buffer.',
    );
    const onPolicy = asAny(options.agent);
    await expect(trainOffPolicy({ agent: onPolicy, env, replay, steps: 9, seed: 0 })).rejects.toThrow(
      'trainOffPolicy: the fake agent learns from rollouts, expected one that learns from a replay buffer. Train it with trainOnPolicy.',
    );
    const rollout = asAny(options.rollout);
    await expect(trainOffPolicy({ agent: other, env, replay: rollout, steps: 9, seed: 0 })).rejects.toThrow(
      'trainOffPolicy: replay is no replay buffer.',
    );
  });

  it.each([
    [
      { rollout: rolloutBuffer({ steps: 6, numEnvs: 3, observationSize: 1, actionSize: 1 }) },
      'numEnvs = 3, expected 2',
    ],
    [
      { rollout: rolloutBuffer({ steps: 6, numEnvs: 2, observationSize: 2, actionSize: 1 }) },
      'observationSize = 2, expected 1',
    ],
    [
      { agent: fakeOnPolicyAgent({ minibatchSize: 8 }) },
      'the rollout buffer holds 6 steps of 2 environments, 12 transitions, expected a multiple of the 8 that the fake agent takes a gradient step with',
    ],
    [{ steps: 0 }, 'trainOnPolicy: steps is 0, expected a positive integer.'],
    [
      { steps: 11 },
      'trainOnPolicy: steps is 11, expected at least the 12 of a rollout: nothing would be learned. Train for more steps, or make the rollout buffer shorter.',
    ],
    [{ logEvery: 1.5 }, 'trainOnPolicy: logEvery is 1.5, expected a positive integer.'],
  ])('is refused, %#', async (changed, message) => {
    const { options } = makeRun('same-step', corridor);
    await expect(trainOnPolicy({ ...options, ...changed })).rejects.toThrow(message);
  });

  it('is refused: to evaluate an agent without a deterministic action', async () => {
    const { agent, options } = makeRun('same-step', corridor);
    const sampling = { ...agent, withoutMode: 'Sample.' };
    const evaluate = { env: corridor(), every: 12 };
    await expect(trainOnPolicy({ ...options, agent: sampling, evaluate })).rejects.toThrow(
      'trainOnPolicy: evaluate plays deterministic actions, and the fake agent has none. Sample.',
    );
  });

  it('is refused: rewards and observations that are not finite, and metrics', async () => {
    const { agent, options } = makeRun('same-step', corridor);
    const broken = (of: 'reward' | 'observation') => {
      const env = corridor();
      const step: Env['step'] = (action) => {
        const result = env.step(action);
        return of === 'reward'
          ? { ...result, reward: Number.NaN }
          : { ...result, observation: Float64Array.of(Number.NaN) };
      };
      return { ...env, step };
    };
    for (const of of ['reward', 'observation'] as const) {
      const env = vectorEnv(() => broken(of), { numEnvs: 2, autoresetMode: 'same-step' });
      await expect(trainOnPolicy({ ...options, env })).rejects.toThrow(/NaN/);
    }
    const diverged = { ...agent, update: async () => ({ updates: 1, metrics: { loss: Number.NaN } }) };
    const { options: fresh } = makeRun('same-step', corridor);
    await expect(trainOnPolicy({ ...fresh, agent: diverged })).rejects.toThrow(
      'trainOnPolicy: update 1 at step 12 reported loss = NaN, expected a finite number.',
    );
  });
});

it('refuses to learn where a simulator loses the last observation of a truncated episode', async () => {
  const { options } = makeRun('same-step', environments.truncates);
  const env = losesLastObservations(
    vectorEnv(environments.truncates, { numEnvs: 2, autoresetMode: 'same-step' }),
  );
  await expect(trainOnPolicy({ ...options, env })).rejects.toThrow(
    'trainOnPolicy: Corridor-v0 truncated the episode of environment 0 and lost its last observation, whose value is needed.',
  );
  // After a termination nothing is bootstrapped.
  const ending = losesLastObservations(vectorEnv(corridor, { numEnvs: 2, autoresetMode: 'same-step' }));
  await trainOnPolicy({ ...makeRun('same-step', corridor).options, env: ending });
});

it('goes on where environments give no state with new episodes and a new rollout', async () => {
  const stopped = makeRun('same-step', environments.truncates);
  const stop = new AbortController();
  const states: OnPolicyState[] = [];
  const save = async (loop: OnPolicyState) => {
    states.push(loop);
    stop.abort();
  };
  await trainOnPolicy({ ...stopped.options, signal: stop.signal, checkpoint: { every: 8, save } });
  const resumed = makeRun('same-step', environments.truncates);
  resumed.options.rollout.restore(stopped.options.rollout.state());
  await trainOnPolicy({ ...resumed.options, steps: 20, resume: states[0], restartEnvironments: true });
  expect(resumed.events[0]).toEqual({ type: 'restart', step: 8, environmentSeed: restartSeed(1, 8) });
  expect(resumed.agent.seen).toHaveLength(1);
  expect(ofFirst(resumed.agent.seen[0]?.rollout.observations)).toEqual([0, 1, 2, 0, 1, 2]);
});
