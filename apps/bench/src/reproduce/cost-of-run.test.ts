import { describe, expect, it } from 'vitest';

import { costOf } from './cost-of-run.ts';

const metrics = (step: number, updates: number, seconds: number) => ({
  type: 'metrics' as const,
  step,
  updates,
  episodes: 0,
  update: {},
  time: { seconds, stepsPerSecond: 0 },
});

/** Falls, but for those of the full length of a task. */
const terminated = (lengths: readonly number[]) => lengths.map((length) => length !== 300);

/** An evaluation that ended after `seconds` and took `duration` of them. */
const evaluation = (
  step: number,
  [seconds, duration]: readonly [number, number],
  deterministic: readonly number[],
  sampled: readonly number[],
) => {
  const played = { returns: [1], mean: 1, standardDeviation: 0 };
  return {
    ...played,
    terminated: terminated(deterministic),
    type: 'evaluation' as const,
    actions: 'deterministic' as const,
    step,
    updates: 1,
    lengths: deterministic,
    stochastic: { ...played, terminated: terminated(sampled), actions: 'sampled' as const, lengths: sampled },
    time: { seconds, duration },
  };
};

const hopper = { environment: 'Hopper-v5', maxSteps: 1000, playsTogether: true };

/** Per episode, after a cold evaluation and others of these durations and lengths of all their episodes. */
const cost = (durations: readonly number[], lengths: readonly number[]) =>
  costOf(
    [9, ...durations].map((duration, i) =>
      evaluation(i, [i, duration], [lengths[i - 1] ?? 10], [lengths[i - 1] ?? 10]),
    ),
    hopper,
  ).episodeSeconds;

/** Seconds of an evaluation. */
const line = (length: number) => 0.004 + 0.0002 * 2 * length;

describe('costOf', () => {
  it('has rates without warm-up, and without the evaluations between', () => {
    const events = [
      metrics(300, 0, 1),
      metrics(350, 50, 2),
      evaluation(600, [6, 1.5], [100], [100]),
      metrics(850, 550, 8.5),
      evaluation(900, [10, 1], [100], [100]),
      metrics(900, 600, 10),
    ];
    // 8 seconds, 2.5 of them evaluations.
    expect(costOf(events, hopper).stepSeconds).toBeCloseTo(5.5 / 550, 12);
  });

  it('counts evaluations as what they are played in: all episodes together, up to the last step of the longest', () => {
    // A cold one, then two of 0.1 s each: 100 steps of five episodes at once, deterministic and sampled.
    const five = [100, 100, 20, 100, 100];
    const events = [
      evaluation(100, [5, 5], five, five),
      evaluation(200, [6, 0.1], five, five),
      evaluation(300, [7, 0.1], five, five),
    ];
    const seconds = 0.1 / 200;
    expect(costOf(events, hopper).episodeSeconds).toBeCloseTo((2 * 1000 * seconds) / 10, 12);
    // Of a task whose episodes are short.
    expect(costOf(events, { ...hopper, maxSteps: 200 }).episodeSeconds).toBeCloseTo(
      (2 * 200 * seconds) / 10,
      12,
    );
    // One after the other: 420 steps of each kind.
    const alone = { ...hopper, playsTogether: false };
    expect(costOf(events, alone).episodeSeconds).toBeCloseTo(1000 * (0.1 / 840), 12);
  });

  it('tells what an evaluation takes by itself from what its steps take', () => {
    // 4 ms, and 0.2 ms a step: early falls aren't scaled up to a thousand steps with their beginning.
    expect(cost([line(10), line(20), line(30)], [10, 20, 30])).toBeCloseTo((0.004 + 0.0002 * 2000) / 2, 12);
    // Times that fall with the length are scatter, and count half as steps.
    expect(cost([0.02, 0.01], [10, 20])).toBeCloseTo((0.0075 + (0.0075 / 30) * 2000) / 2, 12);
  });

  it('counts the start of a simulator, and an evaluation in one from the second on', () => {
    const seen = [
      metrics(1, 1, 1),
      evaluation(100, [60, 40], [150, 20], [100, 90]),
      evaluation(200, [80, 5], [150, 20], [100, 90]),
    ];
    const simulated = { environment: 'isaac:Isaac-Ant-Direct', playsTogether: true };
    const { startSeconds, episodeSeconds } = costOf(seen, simulated);
    expect(startSeconds).toBe(150);
    // 250 steps of all episodes in 5 s, and four episodes.
    expect(episodeSeconds).toBeCloseTo((2000 * (5 / 250)) / 4, 12);

    // One that was cut off tells how long they are; evaluations that take as long whatever their steps count half as steps.
    const whole = [...seen, evaluation(300, [90, 5], [300, 20], [300, 90])];
    const perStep = 5 / 425 / 2;
    expect(costOf(whole, simulated).episodeSeconds).toBeCloseTo(
      (600 * perStep + (5 - perStep * 425)) / 4,
      12,
    );
  });
});
