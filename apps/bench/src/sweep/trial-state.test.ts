import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { CONFIG, METRICS, SUMMARY } from '../runs/run-files.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { readTrialState } from './trial-state.ts';

interface Files {
  readonly steps?: number;
  readonly log?: string;
  readonly aborted?: boolean;
  readonly verifyMaxError?: number;
}

async function stateOf({ steps, log, aborted, verifyMaxError }: Files, wanted = 1000, hasPolicy = true) {
  const folder = path.join(await temporaryFolder(), 'trial');
  const write = (name: string, text: string) => writeFile(path.join(folder, name), text);
  if (steps !== undefined) {
    await mkdir(folder);
    await write(CONFIG, JSON.stringify({ steps }));
  }
  if (log !== undefined) await write(METRICS, log);
  if (aborted !== undefined)
    await write(SUMMARY, JSON.stringify({ aborted, trainSeconds: 12, verifyMaxError }));
  return readTrialState({ folder }, wanted, { hasPolicy });
}

const lines = (...events: readonly object[]) => events.map((event) => `${JSON.stringify(event)}\n`).join('');
const metrics = (step: number, seconds: number, meanReturn?: number) => ({
  type: 'metrics',
  step,
  ...(meanReturn !== undefined && { meanReturn }),
  time: { seconds, stepsPerSecond: 1 },
});

describe('a trial', () => {
  it('waits where its folder is not there, or holds no settings', async () => {
    expect(await stateOf({})).toEqual({ phase: 'waiting', step: 0 });
  });

  it('is as far as its log, a line that was cut off left out', async () => {
    const log =
      lines(
        metrics(100, 10),
        metrics(200, 20, -3),
        {
          type: 'evaluation',
          step: 200,
          mean: 7,
          stochastic: { mean: 5 },
          time: { seconds: 21, duration: 1 },
        },
        metrics(400, 60, -2),
        { type: 'episode', step: 450, return: -1 },
        metrics(700, 80, -1.5),
      ) + '{"type":"evaluation","step":800,"me';
    expect(await stateOf({ steps: 1000, log })).toEqual({
      phase: 'begun',
      step: 700,
      deterministicReturn: 7,
      sampledReturn: 5,
      trainingReturn: -1.5,
      // Of the last half minute: from step 400 on.
      stepsPerSecond: 15,
      seconds: 80,
    });
  });

  it('is as fast as its last line says where lines are further apart', async () => {
    const apart = [metrics(100, 100), { ...metrics(300, 160), time: { seconds: 160, stepsPerSecond: 3.5 } }];
    expect(await stateOf({ steps: 1000, log: lines(...apart) })).toMatchObject({ stepsPerSecond: 3.5 });
  });

  it('is read from the end of a long log', async () => {
    const early = { type: 'episode', step: 1, text: 'x'.repeat(300_000) };
    const log = lines(metrics(999, 1), early, metrics(500, 50), metrics(600, 60));
    expect(await stateOf({ steps: 1000, log })).toEqual({
      phase: 'begun',
      step: 600,
      stepsPerSecond: 10,
      seconds: 60,
    });
  });

  it('is finished with a summary, unless it was stopped, has more steps to go or its policy could not be exported', async () => {
    const log = lines(metrics(1000, 11));
    const trained = { steps: 1000, log, aborted: false, verifyMaxError: 1e-7 };
    expect(await stateOf(trained)).toMatchObject({ phase: 'finished', seconds: 12 });
    expect(await stateOf({ ...trained, aborted: true })).toMatchObject({ phase: 'begun' });
    expect(await stateOf(trained, 2000)).toMatchObject({ phase: 'begun' });
    const unexported = { steps: 1000, log, aborted: false };
    expect(await stateOf(unexported)).toMatchObject({ phase: 'begun', seconds: 12 });
    // What Python trains exports none.
    expect(await stateOf(unexported, 1000, false)).toMatchObject({ phase: 'finished' });
  });
});
