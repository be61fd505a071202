import { join } from 'node:path';

import { expect, it } from 'vitest';

import { temporaryFolder } from '../testing/temporary.ts';
import { writeRun } from '../testing/written-run.ts';
import { beforeTheEnd } from './before-the-end.ts';
import { readGroups } from './read-groups.ts';

it('names the groups whose last evaluation is of an earlier policy than the final one', async () => {
  const root = await temporaryFolder();
  // Ten evaluations, and what is logged at the end.
  const runOf = async (algo: string, steps: number, until?: number) => {
    const folder = join(root, `${algo}-${steps}`);
    const means = Array.from({ length: 10 }, (_, i) => i);
    await writeRun(folder, {
      algo,
      seed: 0,
      means,
      settings: { steps },
      tail: `{"type":"metrics","step":${steps}}\n`,
    });
    const { groups } = await readGroups([folder], { until });
    return beforeTheEnd(groups);
  };
  expect(await runOf('ppo', 1024)).toEqual([
    'ppo (steps=1024) on Task-v0: the last evaluation, at step 1,000, is not of the final policy, at step 1,024; "meow-bench eval" plays that',
  ]);
  expect(await runOf('ppo', 1000)).toEqual([]);
  // Asked for.
  expect(await runOf('sac', 1024, 500)).toEqual([]);
});

it('says nothing of runs that go on', async () => {
  const folder = join(await temporaryFolder(), 'run');
  await writeRun(folder, { seed: 0, means: [1], finished: false, settings: { steps: 1000 } });
  expect(beforeTheEnd((await readGroups([folder], {})).groups)).toEqual([]);
});
