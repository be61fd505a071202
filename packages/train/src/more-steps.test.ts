import { makeEnv, multiGoal, rescaleAction, timeLimit, vectorEnv } from '@meow-rl/envs';
import { replayBuffer, type ReplayBufferOptions } from '@meow-rl/replay';
import { describe, expect, it } from 'vitest';

import type { TrainEvent } from './events.ts';
import type { OffPolicyState } from './off-policy-state.ts';
import { fakeAgent } from './testing/fake-agent.ts';
import type { TrainOffPolicyOptions } from './off-policy-options.ts';
import { trainOffPolicy } from './train-off-policy.ts';

const KINDS: Readonly<Record<string, Pick<ReplayBufferOptions, 'nStep' | 'prioritized'>>> = {
  plain: {},
  'three steps': { nStep: 3 },
  'by priority': { prioritized: {} },
};

/** Test double: acts by what it learned, and may do so during an update. */
function learningAgent() {
  const inner = fakeAgent({ actionSize: 2 });
  let learned = 0;
  return {
    ...inner,
    actsDuringUpdate: true,
    async act(observations: Float32Array) {
      const before = learned;
      await Promise.resolve();
      return new Float32Array(observations.length).fill(Math.sin(before));
    },
    async update({ rewards }: { readonly rewards: Float32Array }) {
      await Promise.resolve();
      await Promise.resolve();
      const batchReward = rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length;
      learned += batchReward;
      return { batchReward };
    },
    tdErrors: () => Float32Array.from({ length: 8 }, (_, i) => i + Math.abs(learned)),
    state: () => learned,
    restore: (state: number) => void (learned = state),
  };
}

/** A run whose buffer holds as many transitions as its steps bring. */
function makeRun(steps: number, pipeline: boolean, kind: keyof typeof KINDS) {
  const agent = learningAgent();
  const env = vectorEnv(() => rescaleAction(timeLimit(multiGoal(), 7)), {
    numEnvs: 2,
    autoresetMode: 'same-step',
  });
  const replay = replayBuffer({
    capacity: steps + 2,
    observationSize: 2,
    actionSize: 2,
    discount: 0.9,
    seed: 3,
    ...KINDS[kind],
  });
  const events: TrainEvent[] = [];
  const options: TrainOffPolicyOptions = {
    agent,
    env,
    replay,
    steps,
    warmup: 10,
    updatesPerStep: 0.7,
    batchSize: 8,
    // 60, where the shorter run ends, is a multiple of both.
    logEvery: 12,
    evaluate: { env: rescaleAction(makeEnv('MultiGoal-v0', { maxSteps: 5 })), every: 20, episodes: 1 },
    pipeline,
    seed: 1,
    onEvent: (event) => void (event.type === 'progress' || events.push(event)),
  };
  const state = () => ({ agent: agent.state(), env: env.state(), replay: replay.state() });
  return { agent, env, replay, options, events, state };
}

const withoutTime = (events: readonly TrainEvent[]) => events.map((event) => ({ ...event, time: 0 }));

const cases = [false, true].flatMap((pipeline) =>
  Object.keys(KINDS).map((kind) => [pipeline, kind] as const),
);

describe.each(cases)('with a pipeline: %s, replay: %s', (pipeline, kind) => {
  it('a finished run resumed with more steps is the one begun with as many', async () => {
    const whole = makeRun(150, pipeline, kind);
    const ended = await trainOffPolicy(whole.options);

    const short = makeRun(60, pipeline, kind);
    const saved: OffPolicyState[] = [];
    await trainOffPolicy({
      ...short.options,
      checkpoint: { every: 1000, save: async (loop) => void saved.push(loop) },
    });
    expect(saved.map(({ step }) => step)).toEqual([60]);

    const longer = makeRun(150, pipeline, kind);
    const { agent, env, replay } = short.state();
    longer.agent.restore(agent);
    longer.env.restore(env);
    longer.replay.restore(replay);
    const [resume] = saved;
    if (!resume) throw new Error('nothing was saved.');
    expect(await trainOffPolicy({ ...longer.options, resume })).toEqual(ended);
    expect(withoutTime([...short.events, ...longer.events])).toEqual(withoutTime(whole.events));
    expect(longer.state()).toEqual(whole.state());
  });
});
