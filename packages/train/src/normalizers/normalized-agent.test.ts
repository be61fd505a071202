import { describe, expect, it } from 'vitest';

import type { Collected } from '../transition-collector.ts';
import { fakeAgent } from '../testing/fake-agent.ts';
import { normalizedAgent } from './normalized-agent.ts';
import { observationNormalizer } from './observation-normalizer.ts';
import { rewardScaler } from './reward-scaler.ts';

const collected: Collected = {
  transitions: {
    observations: Float32Array.of(1, 2),
    actions: Float32Array.of(0),
    rewards: Float64Array.of(3),
    nextObservations: Float32Array.of(2, 3),
    terminated: Uint8Array.of(0),
  },
  rows: Int32Array.of(0),
  done: Uint8Array.of(0),
};

describe('normalizedAgent', () => {
  it('passes on what prioritized replay, the pipeline and the end of a run need of the agent', async () => {
    const errors = Float32Array.of(0.5, 2);
    const warnings = { high: () => 'It is high.' };
    const disposed: string[] = [];
    const seen: Collected[] = [];
    const agent = normalizedAgent(
      {
        ...fakeAgent(),
        actsDuringUpdate: true,
        warnings,
        withoutMode: 'Sample.',
        tdErrors: () => errors,
        observe: (step) => void seen.push(step),
        dispose: async () => void disposed.push('agent'),
      },
      {},
    );
    expect(agent.actsDuringUpdate).toBe(true);
    expect(agent.warnings).toBe(warnings);
    expect(agent.withoutMode).toBe('Sample.');
    expect(agent.tdErrors?.()).toBe(errors);
    agent.observe(collected);
    expect(seen).toEqual([collected]);
    await agent.dispose();
    expect(disposed).toEqual(['agent']);
  });

  it('offers no more than the agent does', () => {
    const agent = normalizedAgent(fakeAgent(), {});
    expect('tdErrors' in agent).toBe(false);
    expect('warnings' in agent).toBe(false);
    expect('actsDuringUpdate' in agent).toBe(false);
  });

  it('lets each of the statistics grow without the other', () => {
    const observations = observationNormalizer({ size: 2 });
    normalizedAgent(fakeAgent(), { observations }).observe(collected);
    expect(observations.state()).toMatchObject({ count: 1, mean: [1, 2] });
    const rewards = rewardScaler({ numEnvs: 1 });
    normalizedAgent(fakeAgent(), { rewards }).observe(collected);
    expect(rewards.state().returns).toEqual([3]);
  });
});
