import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { createGenerator } from '@meow-rl/random';
import { emptyBatch } from '@meow-rl/replay';
import type { TransitionBatch } from '@meow-rl/replay';
import type { OffPolicyAgent } from '@meow-rl/train';
import { describe, expect, it, onTestFinished } from 'vitest';

import { isOnPolicy } from '../runs/run-agent.ts';
import { quietBench } from '../testing/run-bench.ts';
import { outcomeOf } from '../testing/run-outcome.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import type { Algorithm } from './algorithm.ts';
import { ALGORITHMS } from './index.ts';

const ROWS = 8;
const GAMMA = 0.9;
const sizes = { observationSize: 3, actionSize: 2 };

/** What makes an algorithm's agent small and its updates the same for equal rows, beside `hidden`. */
const SMALL: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  meow: { shiftHidden: [8], couplings: 1, dropout: 0 },
};
const smallSettings = (name: string) => ({ hidden: [8], ...SMALL[name] });

async function smallAgent({ name, create }: Algorithm): Promise<OffPolicyAgent> {
  const config = { ...smallSettings(name), batchSize: ROWS };
  const agent = await create({ runtime: onnxRuntimeNode(), ...sizes, seed: 5, config });
  onTestFinished(() => agent.dispose());
  if (isOnPolicy(agent)) throw new Error(`${name} learns from rollouts`);
  return agent;
}

/** Transitions whose rewards are larger than any value of an agent at the start. */
function batchFor(agent: OffPolicyAgent): TransitionBatch {
  const random = createGenerator(2);
  const batch = emptyBatch(ROWS, { ...sizes, actionSize: agent.replayed?.size ?? sizes.actionSize });
  random.fillNormal(batch.observations);
  random.fillUniform(batch.actions, -0.9, 0.9);
  batch.rewards.fill(30);
  random.fillNormal(batch.nextObservations);
  return batch;
}

/** What the first update of an agent gives for a batch. */
async function firstUpdate(
  algorithm: Algorithm,
  change: (batch: TransitionBatch) => Partial<TransitionBatch>,
) {
  const agent = await smallAgent(algorithm);
  const batch = batchFor(agent);
  const metrics = await agent.update({ ...batch, ...change(batch) });
  return { metrics, tdErrors: agent.tdErrors?.() ?? new Float32Array(0) };
}

/** The values of a batch with its first row in place of the second too. */
function firstTwice(values: Float32Array): Float32Array {
  const columns = values.length / ROWS;
  return values.slice().copyWithin(columns, 0, columns);
}

/** Metrics of the first update with weights of a batch whose first two rows are one transition, and that ends all episodes. */
async function weightedUpdate(algorithm: Algorithm, weights: Float32Array) {
  const { metrics } = await firstUpdate(algorithm, (batch) => ({
    weights,
    observations: firstTwice(batch.observations),
    actions: firstTwice(batch.actions),
    nextObservations: firstTwice(batch.nextObservations),
  }));
  return metrics;
}

const OFF_POLICY = ALGORITHMS.filter(({ rolloutSteps }) => !rolloutSteps);

describe.each(OFF_POLICY.map((algorithm) => [algorithm.name, algorithm] as const))(
  '%s learns from replay',
  (name, algorithm) => {
    it('of several steps: the next state counts by the discount of the batch', async () => {
      const errorsWith = async (discount: number): Promise<Float32Array> =>
        (await firstUpdate(algorithm, () => ({ discounts: new Float32Array(ROWS).fill(discount) }))).tdErrors;
      const [ended, oneStep, threeSteps] = [
        await errorsWith(0),
        await errorsWith(GAMMA),
        await errorsWith(GAMMA ** 3),
      ];
      expect(ended).toHaveLength(ROWS);
      // |Q − r − d V| = r + d V − Q, as the rewards are large.
      const ofNext = oneStep.map((error, row) => error - (ended[row] ?? Number.NaN));
      expect(Math.max(...ofNext.map(Math.abs))).toBeGreaterThan(1e-2);
      for (const [row, value] of ofNext.entries())
        expect((threeSteps[row] ?? Number.NaN) - (ended[row] ?? Number.NaN)).toBeCloseTo(
          GAMMA ** 2 * value,
          3,
        );
    });

    it('by priorities: errors count by the weights of the batch', async () => {
      const ones = new Float32Array(ROWS).fill(1);
      const even = await weightedUpdate(algorithm, ones);
      const uneven = await weightedUpdate(algorithm, Float32Array.of(2, 0, ...ones.subarray(2)));
      for (const [metric, value] of Object.entries(even))
        expect(Math.abs((uneven[metric] ?? Number.NaN) - value), metric).toBeLessThan(
          1e-4 * Math.max(1, Math.abs(value)),
        );

      const half = await weightedUpdate(
        algorithm,
        ones.map((weight) => weight / 2),
      );
      const ratios = Object.keys(even)
        .filter((metric) => /gradientNorm$/i.test(metric))
        .map((metric) => (half[metric] ?? Number.NaN) / (even[metric] ?? Number.NaN));
      expect(Math.min(...ratios)).toBeCloseTo(0.5, 4);
    });

    it('of both kinds in a run, which goes on to the same bits, is played, compared and exported', async () => {
      const folder = await temporaryFolder();
      const [whole, resumed] = [path.join(folder, 'whole'), path.join(folder, 'resumed')];
      const tiny =
        '--env MultiGoal-v0 --steps 120 --warmup 40 --batch-size 16 --evaluate-every 60 --evaluation-episodes 2 ' +
        '--log-every 40 --num-envs 1 --updates-per-step 1 --n-step 3 --prioritized';
      const settings = path.join(folder, 'settings.json');
      await writeFile(settings, JSON.stringify({ agent: smallSettings(name) }));
      const train = async (out: string) =>
        quietBench('train', '--config', settings, '--algo', name, ...tiny.split(' '), '--out', out);
      for (const out of [whole, resumed]) expect(await train(out)).toMatchObject({ code: 0, err: '' });
      expect((await quietBench('train', '--resume', resumed, '--from', '60')).code).toBe(0);
      expect(await outcomeOf(resumed)).toEqual(await outcomeOf(whole));

      const played = await quietBench('eval', whole, '--episodes', '1', '--json');
      expect(JSON.parse(played.out)).toMatchObject({ step: 120, environment: 'MultiGoal-v0' });
      const exported = JSON.parse((await quietBench('export', whole, '--json')).out);
      const kinds = exported.files.map(({ kind }: { kind: string }) => kind);
      expect(kinds).toEqual(expect.arrayContaining(['policy', 'critic']));
      for (const { maxError } of exported.files) expect(maxError).toBeLessThan(1e-4);
      const compared = await quietBench('compare', whole, resumed, '--json');
      expect(compared).toMatchObject({ code: 0 });
    });
  },
);
