import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { parseTrainSettings } from '../runs/train-settings.ts';
import { exportRunAgent } from './policy-export.ts';
import { resolveTrain } from '../runs/resolve.ts';
import { createRunAgent } from '../runs/run-agent.ts';
import { createRunFolder } from '../runs/run-folder.ts';
import { openRun } from '../runs/saved-run.ts';
import { captureIo } from '../testing/capture.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { runTraining } from '../runs/training.ts';
import { createUi } from '../cli/ui.ts';

/** Rows of two entries, as texts. */
const rowsOf = (values: Float32Array): string[] =>
  Array.from({ length: values.length / 2 }, (_, row) => values.subarray(2 * row, 2 * row + 2).join());

test('a policy is verified on observations of its own run', async () => {
  const path = join(await temporaryFolder(), 'run');
  const settings = await resolveTrain(
    parseTrainSettings(
      {
        env: 'MultiGoal-v0',
        steps: 60,
        warmup: 30,
        evaluateEvery: 1000,
        noTensorboard: true,
        agent: { batchSize: 16, hidden: [8], shiftHidden: [8] },
      },
      'the test',
    ),
  );
  const agent = await createRunAgent(settings);
  onTestFinished(() => agent.unwrapped.dispose());
  const folder = await createRunFolder({ path, command: 'train', force: false });
  await folder.writeConfig(settings);
  const ui = createUi(captureIo(), { json: false, quiet: true });
  const { probes } = await runTraining({ agent, settings, folder, ui });

  const run = await openRun(path);
  onTestFinished(() => run.agent.unwrapped.dispose());
  const held = rowsOf(await run.observations(1000));
  expect(held).toHaveLength(60);
  expect(new Set(held).size).toBeGreaterThan(50);
  expect(rowsOf(probes)).toHaveLength(1000);
  // Of 1000 draws hardly one of 60 is missing.
  expect([...new Set(rowsOf(probes))].toSorted()).toEqual([...new Set(held)].toSorted());

  const about = { settings, trainingSteps: 60 };
  const seen: number[] = [];
  const { act } = agent.agent;
  const watched = {
    ...agent,
    agent: {
      ...agent.agent,
      act: (rows: Float32Array, options: Parameters<typeof act>[1]) => {
        seen.push(...rows);
        return act(rows, options);
      },
    },
  };
  const files = await exportRunAgent(watched, join(path, 'policy'), { ...about, probes });
  expect(files.map(({ observations }) => observations)).toEqual([1000, 64, 64]);
  expect(seen).toEqual([...probes]);
  const few = await exportRunAgent(agent, join(path, 'policy'), { ...about, probes: probes.slice(0, 14) });
  expect(few.map(({ observations }) => observations)).toEqual([7, 7, 7]);
});
