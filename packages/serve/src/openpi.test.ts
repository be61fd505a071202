import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { actionSpace, normalRows, observationSpace } from '@meow-rl/export/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { findPython } from '../../../scripts/find-python.mjs';
import { serve, trainedPolicies } from './testing/serve-trained.ts';

const python = findPython();
const script = fileURLToPath(new URL('../fixtures/ask.py', import.meta.url));

const [size, width] = [observationSpace.size, actionSpace.size];
const ROWS = 7;
const observations = normalRows(ROWS, size, 5);
const row = (values: Float32Array, index: number, of: number) =>
  values.subarray(index * of, (index + 1) * of);

interface Answer {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}
interface Report {
  readonly single: readonly Answer[];
  readonly batch: Answer;
  readonly batch64: Answer;
  readonly chunk: Answer;
  readonly broker: readonly Answer[];
  readonly errors: readonly string[];
  readonly after: Answer;
  readonly metadata: unknown;
  readonly action_space: { readonly low: Answer; readonly high: Answer };
  readonly timing: number;
}

/** What the Python program prints, or its error output. */
const ask = (port: number, ...key: readonly string[]): Promise<string> =>
  new Promise((resolve) => {
    const child = execFile(python ?? '', [script, String(port), ...key], (_error, out, err) =>
      resolve(out || err),
    );
    child.stdin?.end(
      JSON.stringify(Array.from({ length: ROWS }, (_, index) => [...row(observations, index, size)])),
    );
  });

const answer = (shape: readonly number[], values: Iterable<number>): Answer => ({
  dtype: '<f4',
  shape,
  values: [...values],
});
const said = (text: string) => `Error in inference server:\n${text}`;

describe.skipIf(!python)('openpi’s client library', () => {
  let trained: Awaited<ReturnType<typeof trainedPolicies>>;
  beforeAll(async () => {
    trained = await trainedPolicies();
  });
  afterAll(() => trained.dispose());

  it('gets the actions of the policy, one by one, in batches and as chunks', async () => {
    const { policy, agent } = trained;
    const { port, counts } = await serve({ policy });
    const report: Report = JSON.parse(await ask(port));
    const ofBatch = await policy.act(observations);
    const ofRows = await Promise.all(
      Array.from({ length: ROWS }, async (_, index) => [
        ...(await policy.act(row(observations, index, size).slice())),
      ]),
    );
    expect(report.single).toEqual(ofRows.map((values) => answer([width], values)));
    expect(report.batch).toEqual(answer([ROWS, width], ofBatch));
    expect(report.batch64).toEqual(report.batch);
    expect(report.chunk).toEqual(answer([1, width], ofRows[0] ?? []));
    expect(report.broker).toEqual(report.single);
    expect(report.after).toEqual(report.single[0]);
    expect(report.timing).toBeGreaterThan(0);
    expect(counts).toMatchObject({ answered: 2 * ROWS + 5, refused: 6, observations: 4 * ROWS + 3 });

    // The agent's own, in the environment's units.
    const ofAgent = await agent.act(observations, { deterministic: true });
    for (const [i, value] of ofAgent.entries()) {
      const [low = 0, high = 0] = [actionSpace.low[i % width], actionSpace.high[i % width]];
      expect(report.batch.values[i]).toBeCloseTo(low + ((value + 1) / 2) * (high - low), 5);
    }
    expect(new Set(report.batch.values).size).toBe(ROWS * width);
  });

  it('is told of the policy, and what is wrong with an observation', async () => {
    const { port } = await serve({ policy: trained.policy });
    const report: Report = JSON.parse(await ask(port));
    expect(report.metadata).toEqual({
      server: 'meow-rl',
      algorithm: 'meow',
      environment: 'Test-v0',
      training_steps: 123,
      versions: { test: '1.2.3' },
      actions: 'deterministic',
    });
    expect(report.action_space).toEqual({
      low: { dtype: '<f8', shape: [width], values: [...actionSpace.low] },
      high: { dtype: '<f8', shape: [width], values: [...actionSpace.high] },
    });
    expect(report.errors.slice(0, 5)).toEqual(
      [
        'observation has shape [2], expected [5] or [rows, 5] with a row or more.',
        'observation is NaN in entry 0 of row 0, expected a number that is finite in float32.',
        'observation has dtype <i8, expected <f4 or <f8: float32 or float64.',
        'observation is a list, expected a NumPy array of float32 or float64.',
        'the message has the entries obs, expected one observation, as observation or state or observation/state.',
      ].map(said),
    );
    expect(report.errors[5]).toMatch(
      /the message of 4 bytes can't be read: it is no map with text keys; expected/,
    );
  });

  it('gets in with the key, and not without', async () => {
    const token = 'a key of two words, ä';
    const { port, counts } = await serve({ policy: trained.policy, token: encodeURIComponent(token) });
    expect(JSON.parse(await ask(port, encodeURIComponent(token)))).toHaveProperty('batch');
    const { answered } = counts;
    expect(await ask(port, 'another')).toContain('server rejected WebSocket connection: HTTP 401');
    expect(await ask(port)).toContain('server rejected WebSocket connection: HTTP 401');
    expect(counts.answered).toBe(answered);
  });
});
