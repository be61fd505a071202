import { makeEnv, multiGoal, rescaleAction, timeLimit, vectorEnv } from '@meow-rl/envs';
import type { Runtime } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { NonFiniteError } from '@meow-rl/learner';
import { createGenerator } from '@meow-rl/random';
import { rolloutBuffer } from '@meow-rl/replay';
import type { Rollout, RolloutBufferState } from '@meow-rl/replay';
import { trainOnPolicy } from '@meow-rl/train';
import type { AgentState, OnPolicyState, TrainEvent } from '@meow-rl/train';
import { describe, expect, it, onTestFinished } from 'vitest';

import { createPpoAgent } from './index.ts';
import type { PpoAgent, PpoConfig } from './index.ts';

const sizes = { observationSize: 2, actionSize: 2 };
const SMALL = { hidden: [8, 8], batchSize: 8, rolloutSteps: 8, epochs: 3 };

async function agentWith(
  config: Partial<PpoConfig> = {},
  options: Partial<typeof sizes> = {},
): Promise<PpoAgent> {
  const agent = await createPpoAgent({
    runtime: onnxRuntimeNode(),
    ...sizes,
    ...options,
    seed: 3,
    config: { ...SMALL, ...config },
  });
  onTestFinished(() => agent.dispose());
  return agent;
}

/** A rollout of an agent's own actions in states that are drawn, each step an episode that terminates. */
async function rolloutOf(
  agent: PpoAgent,
  steps: number,
  rewardOf: (state: readonly number[], action: readonly number[]) => number,
  seed = 1,
): Promise<Rollout> {
  const observations = new Float32Array(steps * agent.observationSize);
  createGenerator(seed).fillUniform(observations, -1, 1);
  const { sampled, actions, logProbs, values } = await agent.explore(observations);
  const rowOf = (data: Float32Array, i: number) => {
    const width = data.length / steps;
    return [...data.subarray(i * width, (i + 1) * width)];
  };
  return {
    steps,
    numEnvs: 1,
    observations,
    actions: sampled,
    logProbs,
    values,
    rewards: Float32Array.from({ length: steps }, (_, i) =>
      rewardOf(rowOf(observations, i), rowOf(actions, i)),
    ),
    nextValues: new Float32Array(steps),
    terminated: new Uint8Array(steps).fill(1),
    done: new Uint8Array(steps).fill(1),
  };
}

const constant = () => 1;

it('frees what it has loaded if it can not be started', async () => {
  const runtime = onnxRuntimeNode();
  let open = 0;
  let loaded = 0;
  const failing: Runtime = {
    ...runtime,
    createState: (...given) =>
      Object.assign(runtime.createState(...given), {
        write: () => {
          throw new Error('no room');
        },
      }),
    load: async (...given) => {
      const executable = await runtime.load(...given);
      loaded += 1;
      open += 1;
      const dispose = () => {
        open -= 1;
        return executable.dispose();
      };
      return { ...executable, dispose };
    },
  };
  await expect(createPpoAgent({ runtime: failing, ...sizes, config: SMALL })).rejects.toThrow('no room');
  expect(loaded).toBeGreaterThan(3);
  expect(open).toBe(0);
});

describe('an update', () => {
  it('makes epochs of all minibatches, reports what was documented, and anneals', async () => {
    const agent = await agentWith({ learningRate: 0.01 });
    const rollout = await rolloutOf(agent, 16, ([x = 0]) => x);
    const { updates, metrics } = await agent.update(rollout, 0.25);
    expect(updates).toBe(6);
    expect(Object.keys(metrics).toSorted()).toEqual(
      [
        ['loss', 'policyLoss', 'valueLoss', 'entropy', 'approxKl', 'clipFraction', 'gradientNorm'],
        ['parameterNorm', 'explainedVariance', 'epochs', 'stepScale', 'learningRate'],
      ]
        .flat()
        .toSorted(),
    );
    expect(metrics).toMatchObject({ epochs: 3, stepScale: 0.75, learningRate: 0.0075 });
    // The last of the run moves nothing.
    const before = agent.parameters();
    await agent.update(rollout, 1);
    expect(agent.parameters()).toEqual(before);
  });

  it('stops behind an epoch in which the policy has moved too far', async () => {
    const agent = await agentWith({ learningRate: 0.1, targetKl: 1e-4, epochs: 9 });
    const { updates, metrics } = await agent.update(
      await rolloutOf(agent, 16, ([x = 0], [a = 0]) => x * a),
      0,
    );
    expect(metrics['epochs']).toBe(1);
    expect(updates).toBe(2);
  });

  it('refuses what it can not cut into minibatches, and what is not of its sizes', async () => {
    const agent = await agentWith();
    const rollout = await rolloutOf(agent, 12, constant);
    await expect(agent.update(rollout, 0)).rejects.toThrow(
      'ppo: a rollout of 12 steps of 1 environments has 12 transitions, which is no multiple of batchSize 8.',
    );
    const other = { ...(await rolloutOf(agent, 8, constant)), actions: new Float32Array(8) };
    await expect(agent.update(other, 0)).rejects.toThrow("the rollout's actions has 8 entries, expected 16");
  });

  it.each([2, -0.1, Number.NaN])('refuses the progress %s before anything is learned', async (progress) => {
    const agent = await agentWith();
    const before = agent.state();
    await expect(agent.update(await rolloutOf(agent, 8, constant), progress)).rejects.toThrow(
      `ppo: the progress of an update is ${progress}, expected a number from 0 to 1. Give the share`,
    );
    expect(agent.parameters()).toEqual((await agentWith()).parameters());
    expect(agent.state().values['updates']).toEqual(before.values['updates']);
  });

  it('names numbers to lower, and how far its inputs reach', async () => {
    const agent = await agentWith({ learningRate: 1 });
    const stretched = Object.entries(agent.parameters()).map(([name, { shape, data }]) => {
      const factor = name.startsWith('critic.') ? 1e25 : 1;
      return [name, { shape, data: Array.from(data, (value) => factor * value) }] as const;
    });
    agent.loadParameters(Object.fromEntries(stretched));
    const rollout = await rolloutOf(agent, 8, constant);
    const values = new Float32Array(8);
    await expect(agent.update({ ...rollout, values }, 0)).rejects.toThrow('It is the first one');
    await expect(agent.update({ ...rollout, values }, 0)).rejects.toThrow(
      /Training has diverged: lower learningRate or gradClip, or scale the rewards down\. Its inputs are ordinary: observations up to \d/,
    );
  });

  it('blames a reward that is far out, also later, and log-probabilities that are not its own', async () => {
    const agent = await agentWith();
    const rollout = await rolloutOf(agent, 8, constant);
    const logProbs = rollout.logProbs.map((value) => value - 100);
    await expect((await agentWith()).update({ ...rollout, logProbs }, 0)).rejects.toThrow(
      /It is the first gradient step with its rollout, .*logProbs up to 1\.0e\+2.* Look at the logProbs first/,
    );
    await agent.update(rollout, 0);
    const rewards = rollout.rewards.slice().fill(1e30, 3, 4);
    await expect(agent.update({ ...rollout, rewards }, 0)).rejects.toThrow(
      /Its inputs are too large for 32-bit floats: .*rewards up to 1\.0e\+30, .*\. Look at what gave the rewards, and bring them to the order of 1\.$/,
    );
  });

  it('says of a field that is missing what is expected', async () => {
    const agent = await agentWith();
    const { done: _, ...rollout } = await rolloutOf(agent, 8, constant);
    await expect(agent.update(rollout as Rollout, 0)).rejects.toThrow(
      "ppo: the rollout's done has 0 entries, expected 8.",
    );
  });

  it('blames what is not finite', async () => {
    const agent = await agentWith();
    const rollout = await rolloutOf(agent, 8, constant);
    const rewards = rollout.rewards.slice().fill(Number.NaN, 5, 6);
    const error = await agent.update({ ...rollout, rewards }, 0).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NonFiniteError);
    expect(error).toMatchObject({ update: 1, term: "entry 5 of the rollout's rewards" });
    const huge = rollout.rewards.map(() => 1e30);
    const fresh = await agentWith();
    await expect(fresh.update({ ...rollout, rewards: huge }, 0)).rejects.toMatchObject({
      term: 'the loss of values',
      message: expect.stringContaining('rewards up to 1.0e+30'),
    });
  });

  it.each(['observations', 'actions', 'logProbs', 'values', 'rewards', 'nextValues'] as const)(
    'blames %s that are not finite, whichever minibatch they are in',
    async (field) => {
      const agent = await agentWith();
      const rollout = await rolloutOf(agent, 16, constant);
      const ongoing = { ...rollout, terminated: new Uint8Array(16), done: new Uint8Array(16) };
      const values = ongoing[field].slice().fill(Number.NaN, 3, 4);
      await expect(agent.update({ ...ongoing, [field]: values }, 0)).rejects.toMatchObject({
        term: `entry 3 of the rollout's ${field}`,
        message: expect.stringContaining('became NaN'),
      });
    },
  );

  it('can not meet another one', async () => {
    const agent = await agentWith();
    const rollout = await rolloutOf(agent, 8, constant);
    const running = agent.update(rollout, 0);
    await expect(agent.update(rollout, 0)).rejects.toThrow('has not finished');
    expect(() => agent.state()).toThrow('has not finished');
    expect((await running).updates).toBe(3);
  });
});

it('samples beyond the bounds, which the environment is kept from', async () => {
  const agent = await agentWith({ initialLogStd: 1 });
  const { actions, sampled, logProbs } = await agent.explore(new Float32Array(2 * 100));
  expect(Math.max(...sampled)).toBeGreaterThan(2);
  expect([...actions]).toEqual(Array.from(sampled, (a) => Math.min(1, Math.max(-1, a))));
  const [mean = 0, other = 0] = await agent.act(new Float32Array(2), { deterministic: true });
  for (const [i, logProb] of logProbs.entries()) {
    const z = [(sampled[2 * i] ?? 0) - mean, (sampled[2 * i + 1] ?? 0) - other].map((x) => x / Math.E);
    const expected = z.reduce((sum, x) => sum - x ** 2 / 2 - 1 - Math.log(2 * Math.PI) / 2, 0);
    expect(logProb).toBeCloseTo(expected, 3);
  }
});

it('learns which action is best in each state, and what it is worth', { timeout: 60_000 }, async () => {
  const agent = await agentWith(
    { hidden: [32, 32], batchSize: 64, epochs: 10, learningRate: 3e-3, annealLearningRate: false },
    { observationSize: 1, actionSize: 1 },
  );
  for (let i = 0; i < 60; i += 1) {
    const rollout = await rolloutOf(
      agent,
      256,
      ([state = 0], [action = 0]) => -5 * (action - state / 2) ** 2,
      i,
    );
    await agent.update(rollout, 0);
  }
  const states = Float32Array.of(-0.8, 0, 0.8);
  const best = await agent.act(states, { deterministic: true });
  const values = await agent.value(states);
  for (const [i, state] of states.entries()) {
    expect(Math.abs((best[i] ?? Number.NaN) - state / 2)).toBeLessThan(0.1);
    expect(Math.abs(values[i] ?? Number.NaN)).toBeLessThan(0.5);
  }
});

async function makeRun() {
  const agent = await agentWith({}, sizes);
  const env = vectorEnv(() => rescaleAction(timeLimit(multiGoal(), 5)), {
    numEnvs: 2,
    autoresetMode: 'same-step',
  });
  const rollout = rolloutBuffer({ steps: SMALL.rolloutSteps, numEnvs: 2, ...sizes });
  const events: TrainEvent[] = [];
  const evaluate = { env: rescaleAction(makeEnv('MultiGoal-v0', { maxSteps: 5 })), every: 30, episodes: 1 };
  const onEvent = (event: TrainEvent) => void events.push({ ...event, time: 0 } as never);
  return {
    agent,
    env,
    events,
    options: { agent, env, rollout, steps: 96, seed: 5, logEvery: 16, evaluate, onEvent },
  };
}

describe('a run', () => {
  it('has the same bits with the same seed, and where it goes on in the middle of a rollout', async () => {
    const [whole, again] = [await makeRun(), await makeRun()];
    const saved: { loop: OnPolicyState; agent: AgentState; rollout: RolloutBufferState; env: string }[] = [];
    await trainOnPolicy({
      ...whole.options,
      checkpoint: {
        every: 10,
        save: async (loop) => {
          const env = JSON.stringify(await whole.env.state());
          saved.push({ loop, agent: whole.agent.state(), rollout: whole.options.rollout.state(), env });
        },
      },
    });
    await trainOnPolicy(again.options);
    expect(again.agent.state()).toEqual(whole.agent.state());
    expect(again.events).toEqual(whole.events);
    const inTheMiddle = saved.filter(({ rollout: { counts } }) => (counts[0] ?? 0) > 0);
    expect(inTheMiddle.length).toBeGreaterThan(4);
    for (const { loop, agent, rollout, env } of inTheMiddle) {
      const resumed = await makeRun();
      resumed.agent.restore(agent);
      await resumed.env.restore(JSON.parse(env));
      resumed.options.rollout.restore(rollout);
      await trainOnPolicy({ ...resumed.options, resume: JSON.parse(JSON.stringify(loop)) });
      expect(resumed.agent.state()).toEqual(whole.agent.state());
      const after = (events: readonly TrainEvent[]) => events.filter(({ step }) => step > loop.step);
      expect(after(resumed.events)).toEqual(after(whole.events));
    }
  });
});

it.each([
  [{ rolloutSteps: 0 }, 'ppo: rolloutSteps must be a positive integer, got 0'],
  [{ epochs: 1.5 }, 'ppo: epochs must be a positive integer, got 1.5'],
  [{ gaeLambda: 1.5 }, 'ppo: gaeLambda must be a number from 0 to 1, got 1.5'],
  [{ gaeLambda: Number.NaN }, 'ppo: gaeLambda must be a number from 0 to 1, got NaN'],
  [{ clipRange: 0 }, 'ppo: clipRange must be a number from 0.000001 to 1e6, got 0'],
  [{ clipRange: Infinity }, 'ppo: clipRange must be a number from 0.000001 to 1e6, got Infinity'],
])('refuses %j', async (config, message) => {
  await expect(agentWith(config)).rejects.toThrow(RangeError);
  await expect(agentWith(config)).rejects.toThrow(message);
});

it('refuses a minibatch of one, which has no spread', async () => {
  await expect(agentWith({ batchSize: 1 })).rejects.toThrow(
    'ppo: batchSize must be at least 2 with normalizeAdvantages, got 1',
  );
  expect((await agentWith({ batchSize: 1, normalizeAdvantages: false })).config.batchSize).toBe(1);
});
