import { makeEnv, multiGoal, rescaleAction, timeLimit, vectorEnv, type AutoresetMode } from '@meow-rl/envs';
import { replayBuffer } from '@meow-rl/replay';
import { describe, expect, it } from 'vitest';

import type { TrainEvent } from './events.ts';
import type { OffPolicyState } from './off-policy-state.ts';
import { fakeAgent } from './testing/fake-agent.ts';
import type { TrainOffPolicyOptions } from './off-policy-options.ts';
import { trainOffPolicy } from './train-off-policy.ts';

const STEPS = 90;

/** A run of a fake agent on the multi-goal task: its parts, and the options that every sitting shares. */
function makeRun(autoresetMode: AutoresetMode, prioritized: boolean) {
  const agent = {
    ...fakeAgent({
      actionSize: 2,
      metrics: ({ rewards }) => ({ batchReward: rewards[0] ?? 0 }),
      // Of the first update, and of one after step 40 where nothing is weighted.
      warnings: {
        any: ({ batchReward }) => `The reward is ${batchReward}.`,
        rare: ({ batchReward = 0 }) => (Math.floor(batchReward) === -39 ? 'It is rare.' : undefined),
      },
    }),
    tdErrors: () => Float32Array.from({ length: 8 }, (_, i) => i),
  };
  const env = vectorEnv(() => rescaleAction(timeLimit(multiGoal(), 7)), { numEnvs: 2, autoresetMode });
  const replay = replayBuffer({
    capacity: 50,
    observationSize: 2,
    actionSize: 2,
    discount: 0.9,
    seed: 3,
    ...(prioritized && { prioritized: {}, nStep: 3 }),
  });
  const events: TrainEvent[] = [];
  const options: TrainOffPolicyOptions = {
    agent,
    env,
    replay,
    steps: STEPS,
    warmup: 20,
    batchSize: 8,
    logEvery: 8,
    seed: 1,
    evaluate: {
      env: rescaleAction(makeEnv('MultiGoal-v0', { maxSteps: 5 })),
      every: 30,
      episodes: 2,
      stochastic: true,
    },
    onEvent: (event) => void events.push(event),
  };
  return { env, replay, events, options };
}

const withoutTime = (events: readonly TrainEvent[]) => events.map((event) => ({ ...event, time: 0 }));

const cases = (['next-step', 'same-step', 'disabled'] as const).flatMap((mode) =>
  [false, true].map((prioritized) => [mode, prioritized] as const),
);

describe.each(cases)('a run in %s mode, prioritized %s', (mode, prioritized) => {
  it('goes on from each of its checkpoints as if it had never stopped', async () => {
    const saved: { json: string; events: number }[] = [];
    const whole = makeRun(mode, prioritized);
    await trainOffPolicy({
      ...whole.options,
      checkpoint: {
        every: 11,
        save: async (loop) => {
          const state = { loop, env: whole.env.state() };
          const events = whole.events.filter(({ type }) => type !== 'progress').length;
          saved.push({ json: JSON.stringify(state), events });
          replays.push(whole.replay.state());
        },
      },
    });
    const wholeEvents = whole.events.filter(({ type }) => type !== 'progress');
    expect(saved.length).toBeGreaterThan(7);
    for (const [i, { json, events }] of saved.entries()) {
      const state: { loop: OffPolicyState; env: ReturnType<typeof whole.env.state> } = JSON.parse(json);
      const resumed = makeRun(mode, prioritized);
      resumed.env.restore(state.env);
      const replay = replays[i];
      if (replay) resumed.replay.restore(replay);
      await trainOffPolicy({ ...resumed.options, resume: state.loop });
      expect(withoutTime(resumed.events.filter(({ type }) => type !== 'progress'))).toEqual(
        withoutTime(wholeEvents.slice(events)),
      );
      expect(resumed.replay.state()).toEqual(whole.replay.state());
      expect(resumed.env.state()).toEqual(whole.env.state());
    }
  });

  const replays: ReturnType<ReturnType<typeof replayBuffer>['state']>[] = [];
});

const namesOf = (events: readonly TrainEvent[]) =>
  events.flatMap((event) => (event.type === 'warning' ? [event.name] : []));

it('gives no warning twice, and all of them after a state from before there were any', async () => {
  const first = makeRun('same-step', false);
  const saved: OffPolicyState[] = [];
  const save = async (loop: OffPolicyState) => void saved.push(loop);
  await trainOffPolicy({ ...first.options, steps: 40, checkpoint: { every: 1000, save } });
  expect(namesOf(first.events)).toEqual(['any']);
  expect(saved.map(({ warned }) => warned)).toEqual([['any']]);
  const goneOn = async (resume: OffPolicyState | undefined) => {
    const resumed = makeRun('same-step', false);
    resumed.env.restore(first.env.state());
    resumed.replay.restore(first.replay.state());
    await trainOffPolicy({ ...resumed.options, resume });
    return namesOf(resumed.events);
  };
  const [state] = saved;
  if (!state) throw new Error('nothing was saved.');
  expect(await goneOn(state)).toEqual(['rare']);
  const { warned: _, ...before } = state;
  expect(await goneOn(before)).toEqual(['any', 'rare']);
});

describe('a run that is stopped in an evaluation', () => {
  it.each([
    ['its first actions', 3, 30],
    ['its sampled actions', 15, 30],
    ['the last one', 45, STEPS],
  ])('stops at once, in %s, and makes it where it goes on', async (_, at, step) => {
    const whole = makeRun('same-step', true);
    await trainOffPolicy(whole.options);
    const [stopped, resumed] = [makeRun('same-step', true), makeRun('same-step', true)];
    const controller = new AbortController();
    let played = 0;
    const agent: typeof stopped.options.agent = {
      ...stopped.options.agent,
      act(observations, options) {
        // Evaluations give a generator.
        if (options.generator && (played += 1) === at) controller.abort();
        return stopped.options.agent.act(observations, options);
      },
    };
    const states: OffPolicyState[] = [];
    const checkpoint = { every: 1000, save: async (loop: OffPolicyState) => void states.push(loop) };
    const { signal } = controller;
    const result = await trainOffPolicy({ ...stopped.options, agent, checkpoint, signal });
    expect(result).toMatchObject({ step, aborted: true });
    expect(played).toBe(at);
    expect(states.map((loop) => [loop.step, loop.evaluationDue])).toEqual([[step, true]]);

    resumed.env.restore(stopped.env.state());
    resumed.replay.restore(stopped.replay.state());
    const [resume] = JSON.parse(JSON.stringify(states));
    expect(await trainOffPolicy({ ...resumed.options, checkpoint, resume })).toMatchObject({
      aborted: false,
    });
    const events = [...stopped.events, ...resumed.events].filter(({ type }) => type !== 'progress');
    expect(withoutTime(events)).toEqual(withoutTime(whole.events.filter(({ type }) => type !== 'progress')));
    expect(resumed.replay.state()).toEqual(whole.replay.state());
    // Saved anew once it is evaluated, and at the end.
    const saved = states.slice(1).map((loop) => [loop.step, loop.evaluationDue]);
    expect(saved).toEqual(
      step === STEPS
        ? [[STEPS, undefined]]
        : [
            [step, undefined],
            [STEPS, undefined],
          ],
    );
  });

  it('may be stopped in it again, or go on without evaluations', async () => {
    const { options } = makeRun('same-step', false);
    const states: OffPolicyState[] = [];
    const save = async (loop: OffPolicyState) => void states.push(loop);
    const controller = new AbortController();
    const onEvent = ({ type }: TrainEvent) => void (type === 'metrics' && controller.abort());
    // A log of step 32 just before an evaluation at step 32.
    const evaluation = options.evaluate && { ...options.evaluate, every: 32 };
    const first = { ...options, logEvery: 32, checkpoint: { every: 1000, save }, onEvent };
    await trainOffPolicy({ ...first, evaluate: evaluation ?? fail(), signal: controller.signal });
    const [resume] = states;
    expect(resume).toMatchObject({ step: 32, evaluationDue: true });
    const again = { ...options, resume, signal: AbortSignal.abort() };
    expect(await trainOffPolicy(again)).toMatchObject({ step: 32, aborted: true });
    const { evaluate: _, ...without } = makeRun('same-step', false).options;
    expect(await trainOffPolicy({ ...without, steps: 32, resume })).toMatchObject({ aborted: false });
  });
});

it('an error in an evaluation ends the run, stopped or not', async () => {
  const { options } = makeRun('same-step', false);
  const controller = new AbortController();
  const agent: typeof options.agent = {
    ...options.agent,
    act(observations, { generator, deterministic }) {
      if (!generator) return options.agent.act(observations, { deterministic });
      controller.abort();
      throw new Error('the network is gone.');
    },
  };
  const run = trainOffPolicy({ ...options, agent, signal: controller.signal });
  await expect(run).rejects.toThrow('the network is gone.');
});

it('saves when it is stopped, and at its end', async () => {
  const { options } = makeRun('same-step', false);
  const steps: number[] = [];
  const checkpoint = { every: 1000, save: async ({ step }: OffPolicyState) => void steps.push(step) };
  const controller = new AbortController();
  const onEvent = ({ step }: TrainEvent) => {
    if (step >= 40) controller.abort();
  };
  const stopped = await trainOffPolicy({ ...options, checkpoint, onEvent, signal: controller.signal });
  expect(stopped).toMatchObject({ step: 40, aborted: true });
  await trainOffPolicy({ ...makeRun('same-step', false).options, checkpoint });
  expect(steps).toEqual([40, STEPS]);
});

it('saves once where it is stopped at a checkpoint', async () => {
  const { options } = makeRun('same-step', false);
  const steps: number[] = [];
  const checkpoint = { every: 20, save: async ({ step }: OffPolicyState) => void steps.push(step) };
  const controller = new AbortController();
  const onEvent = ({ step }: TrainEvent) => {
    if (step >= 40) controller.abort();
  };
  await trainOffPolicy({ ...options, checkpoint, onEvent, signal: controller.signal });
  expect(steps).toEqual([20, 40]);
  // And at its end.
  await trainOffPolicy({ ...makeRun('same-step', false).options, steps: 60, checkpoint });
  expect(steps.slice(2)).toEqual([20, 40, 60]);
});

it('counts seconds over all sittings', async () => {
  const EARLIER = 1e6;
  const first = makeRun('same-step', false);
  const saved: OffPolicyState[] = [];
  const save = async (loop: OffPolicyState) => void saved.push(loop);
  await trainOffPolicy({ ...first.options, steps: 40, checkpoint: { every: 1000, save } });
  const [loop] = saved;
  if (!loop) throw new Error('nothing was saved.');
  const resumed = makeRun('same-step', false);
  resumed.env.restore(first.env.state());
  resumed.replay.restore(first.replay.state());
  const resume = { ...loop, seconds: EARLIER };
  await trainOffPolicy({ ...resumed.options, resume, checkpoint: { every: 1000, save } });
  const times = resumed.events.flatMap((event) => ('time' in event ? [event.time] : []));
  expect(times.length).toBeGreaterThan(6);
  for (const time of times) {
    expect(time.seconds).toBeGreaterThanOrEqual(EARLIER);
    expect(time.seconds).toBeLessThan(EARLIER + 600);
    // Of this sitting's steps, not of all of them.
    if ('stepsPerSecond' in time) expect(time.stepsPerSecond).toBeGreaterThan(0.01);
  }
  expect(saved.at(-1)?.seconds).toBeGreaterThanOrEqual(EARLIER);
});

it('refuses a state of another number of environments', async () => {
  const { options } = makeRun('same-step', false);
  let state: OffPolicyState | undefined;
  await trainOffPolicy({
    ...options,
    checkpoint: { every: 1000, save: async (loop) => void (state = loop) },
  });
  if (!state) throw new Error('nothing was saved.');
  const one = { ...makeRun('same-step', false).options, env: vectorEnv([rescaleAction(multiGoal())]) };
  await expect(trainOffPolicy({ ...one, resume: { ...state, step: 0 } })).rejects.toThrow(
    'the saved observations have 4 entries, expected 2. Resume with the environment, and as many of it',
  );
});

it('refuses a buffer that draws by priority where the agent tells no errors', async () => {
  const { options } = makeRun('same-step', true);
  const agent = fakeAgent({ actionSize: 2 });
  await expect(trainOffPolicy({ ...options, agent })).rejects.toThrow(
    "the fake agent doesn't tell its TD errors",
  );
});

function fail(): never {
  throw new Error('the run has no evaluations.');
}
