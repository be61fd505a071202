import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { publishedBesideOurs } from '../report/published-beside-ours.ts';
import { comparisonHtml } from '../report/comparison-page.ts';
import { makeComparisonReport } from '../report/make-comparison-report.ts';
import { parseTrainSettings } from '../runs/train-settings.ts';
import { resolveTrain } from '../runs/resolve.ts';
import { readSweep } from '../sweep/definition.ts';
import { expandSweep } from '../sweep/trial.ts';
import { curvesCsv } from './curves-csv.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { writeRun } from '../testing/written-run.ts';
import { readGroups } from './read-groups.ts';

const RESULTS = fileURLToPath(new URL('../../sweeps/results.yaml', import.meta.url));

/** Runs of the sweep behind docs/results, as `train` would have left them; returns by algorithm, ablations a little less. */
async function writeResults(root: string): Promise<string[]> {
  const trials = expandSweep(await readSweep(RESULTS, root));
  return Promise.all(
    trials.map(async ({ settings, name }) => {
      const resolved = await resolveTrain(parseTrainSettings(settings, name));
      const { algo, env, seed, steps } = resolved;
      const end = algo === 'meow' ? 6000 : 4000;
      const folder = path.join(root, name);
      const means = [end / 2, /shift|affine/.test(name) ? end - 1000 : end + seed];
      await writeRun(folder, { env, algo, seed, every: steps / 2, means, settings: { ...resolved } });
      return folder;
    }),
  );
}

const labelsIn = (groups: Awaited<ReturnType<typeof readGroups>>['groups'], environment: string) =>
  groups
    .filter((group) => group.environment === environment)
    .map(({ label, runs }) => `${label}: ${runs.length}`);

describe('labels of groups', () => {
  it('are the same in all environments: the algorithm with its preset, ablations by what differs from it', async () => {
    const root = await temporaryFolder();
    const folders = await writeResults(root);
    const { groups, leftOut } = await readGroups(folders, {});
    expect(leftOut).toEqual([]);
    for (const environment of ['HalfCheetah-v5', 'Hopper-v5'])
      expect(labelsIn(groups, environment)).toEqual([
        'meow: 5',
        'meow (layers=affine, deterministic=best-of-k): 3',
        'meow (shifts=0): 3',
        'meow (shifts=1): 3',
        'sac: 5',
        'sac (shifts=1): 3',
        'td3: 5',
        'ddpg: 3',
        'sql: 3',
        'ppo: 3',
      ]);
    expect(labelsIn(groups, 'Humanoid-v5')).toEqual(['meow: 3', 'sac: 3']);

    const report = await makeComparisonReport(folders, {
      title: 'Results',
      lead: '',
      command: '',
      last: 1,
      confidence: 0.95,
      resamples: 20,
      smooth: 1,
      seed: 0,
      noiseEpisodes: 1,
    });
    // The paper's number stands beside MEow, not beside its ablations.
    const paper = publishedBesideOurs(report.deterministic.environments).find(
      ({ environment, published }) => environment === 'HalfCheetah-v5' && published.return === 10_981,
    );
    expect(paper?.ours).toMatchObject({ label: 'meow', last: { step: 200_000, estimate: 6003 } });
    expect(report.deterministic.profile?.scales.map(({ environment }) => environment)).toEqual([
      'HalfCheetah-v5',
      'Hopper-v5',
    ]);
    const overall = report.deterministic.overall.find(({ x, y }) => x === 'meow' && y === 'sac');
    expect(overall?.environments).toHaveLength(5);
    const page = comparisonHtml(report).replaceAll(/\s+/g, ' ');
    expect(page).toContain('Probability of improvement of meow<');
    for (const rival of ['sac', 'td3', 'ddpg', 'sql', 'ppo', 'meow (shifts=0)'])
      expect(page).toContain(`meow &gt; ${rival}<`);
  });

  it('name presets and all that differs from them, also what all groups have in common', async () => {
    const root = await temporaryFolder();
    const write = async (env: string, name: string, given: object) => {
      const settings = { ...(await resolveTrain(parseTrainSettings({ env, algo: 'meow', ...given }, name))) };
      await writeRun(path.join(root, env, name), {
        env,
        seed: 1,
        means: [1],
        settings: { ...settings, seed: 1 },
      });
    };
    const labels = async () => {
      const { groups } = await readGroups(
        ['Hopper-v5', 'Ant-v5'].flatMap((env) => ['a', 'b'].map((name) => path.join(root, env, name))),
        {},
      );
      return groups.map(({ environment, label }) => `${environment} ${label}`);
    };
    await mkdir(path.join(root, 'Ant-v5'));
    await write('Hopper-v5', 'a', { preset: 'hopper', agent: { alpha: 1 } });
    await write('Ant-v5', 'a', { preset: 'ant', agent: { alpha: 2 } });
    expect(await labels()).toEqual(['Ant-v5 meow (alpha=2)', 'Hopper-v5 meow (alpha=1)']);
    await write('Ant-v5', 'a', { preset: 'ant' });
    expect(await labels()).toEqual(['Ant-v5 meow', 'Hopper-v5 meow (alpha=1)']);
    await write('Hopper-v5', 'b', { preset: 'hopper-no-shift', agent: { alpha: 1 } });
    await write('Ant-v5', 'a', { preset: 'ant', agent: { alpha: 1 } });
    expect(await labels()).toEqual([
      'Ant-v5 meow (alpha=1)',
      'Hopper-v5 meow (alpha=1)',
      'Hopper-v5 meow (no-shift, alpha=1)',
    ]);
  });

  it('say nothing of a limit that was assumed, and name one that was given', async () => {
    const root = await temporaryFolder();
    const run = { env: 'gym:Own-v0', means: [1] };
    await writeRun(path.join(root, '1'), { ...run, seed: 1, settings: { maxSteps: 1000 } });
    await writeRun(path.join(root, '2'), { ...run, seed: 2, settings: { maxSteps: 50 } });
    const { groups } = await readGroups(
      ['1', '2'].map((name) => path.join(root, name)),
      {},
    );
    expect(labelsIn(groups, 'gym:Own-v0')).toEqual(['meow: 1', 'meow (maxSteps=50): 1']);
  });

  it('of runs that are far from the preset keep them apart from those with it, also in files of curves', async () => {
    const root = await temporaryFolder();
    const write = (name: string, seed: number, agent: Readonly<Record<string, unknown>>) =>
      writeRun(path.join(root, name), { env: 'Hopper-v5', seed, means: [seed], settings: { agent } });
    await Promise.all([write('small/1', 1, { batchSize: 32 }), write('small/2', 2, { batchSize: 32 })]);
    await write('preset/3', 3, {});
    const small = ['1', '2'].map((seed) => path.join(root, 'small', seed));
    const { groups } = await readGroups(small, {});
    expect(labelsIn(groups, 'Hopper-v5')).toEqual(['meow (batchSize=32): 2']);
    const curves = path.join(root, 'curves.csv');
    await writeFile(curves, curvesCsv(groups, []));
    const both = await readGroups([curves, path.join(root, 'preset', '3')], {});
    expect(labelsIn(both.groups, 'Hopper-v5')).toEqual(['meow: 1', 'meow (batchSize=32): 2']);
    // With the runs themselves each seed is there twice: they are told apart by the file.
    await write('small/4', 4, { batchSize: 32 });
    const more = await readGroups([curves, path.join(root, 'small', '4')], {});
    expect(labelsIn(more.groups, 'Hopper-v5')).toEqual(['meow (batchSize=32): 3']);
  });

  it('name what a run of an earlier version was trained with, and the preset that it recorded where there is none of the name', async () => {
    const root = await temporaryFolder();
    const [old, unknown, other] = ['old', 'unknown', 'other'].map((name) => path.join(root, name));
    if (!old || !unknown || !other) throw new TypeError('three folders');
    const run = { env: 'Hopper-v5', means: [1] };
    await writeRun(old, { ...run, seed: 1, isOld: true });
    await writeRun(unknown, { ...run, seed: 1, settings: { preset: 'former' } });
    expect(labelsIn((await readGroups([old], {})).groups, 'Hopper-v5')).toEqual([
      'meow (coordinates=action, couplingBound=0, uniformShare=0): 1',
    ]);
    expect(labelsIn((await readGroups([unknown], {})).groups, 'Hopper-v5')).toEqual(['meow (former): 1']);
    await writeRun(other, { ...run, seed: 2, settings: { preset: 'former', agent: { alpha: 3 } } });
    await writeRun(old, { ...run, seed: 1, settings: { agent: { alpha: 7 } } });
    // One that isn't known leaves the names of the others as they are.
    expect(labelsIn((await readGroups([old, unknown, other], {})).groups, 'Hopper-v5')).toEqual([
      'meow (alpha=7): 1',
      'meow (former, alpha=0.25): 1',
      'meow (former, alpha=3): 1',
    ]);
  });

  it('have as many digits as tell the groups apart, and all of them in files of curves', async () => {
    const root = await temporaryFolder();
    const rates = [0.00022792665311823092, 0.00022814412, 0.0003125, 0.0031];
    const folders = rates.map((_, i) => path.join(root, `${i}`));
    for (const [i, folder] of folders.entries())
      await writeRun(folder, {
        algo: 'sac',
        seed: 1,
        means: [i],
        settings: { agent: { qLearningRate: rates[i] } },
      });
    const { groups } = await readGroups(folders, {});
    expect(groups.map(({ label }) => label)).toEqual([
      'sac (qLearningRate=0.0002279)',
      'sac (qLearningRate=0.0002281)',
      'sac (qLearningRate=0.0003125)',
      'sac (qLearningRate=0.0031)',
    ]);
    const csv = curvesCsv(groups, []);
    expect(csv).toContain('sac (qLearningRate=0.00022792665311823092),1');
    // A file with another run of nearly the same rate isn't pooled with it.
    const curves = path.join(root, 'curves.csv');
    await writeFile(curves, csv.replaceAll('0.00022792665311823092),1,', '0.00022792665311823091),2,'));
    const both = await readGroups([folders[0] ?? '', curves], {});
    expect(
      both.groups.filter(({ name }) => name.includes('=0.00022792665')).map(({ runs }) => runs.length),
    ).toEqual([1, 1]);
  });

  it('leave steps and evaluations aside, which are noted, but for learning that goes by its steps', async () => {
    const root = await temporaryFolder();
    const folders = [0, 1].map((seed) => path.join(root, `${seed}`));
    const writeBoth = async (algo: string, agent: Readonly<Record<string, unknown>>) => {
      for (const [seed, folder] of folders.entries())
        await writeRun(folder, {
          env: 'Hopper-v5',
          algo,
          seed,
          means: [1],
          settings: {
            preset: algo === 'ppo' ? 'hopper' : 'mujoco',
            steps: 1000 * (1 + seed),
            evaluateEvery: 100,
            agent,
          },
        });
      return readGroups(folders, {});
    };
    const { groups, notes } = await writeBoth('sac', {});
    expect(groups.map(({ label, runs }) => [label, runs.length])).toEqual([['sac', 2]]);
    expect(notes).toEqual([{ folder: folders[1], note: `steps is 2000, and 1000 in ${folders[0]}` }]);
    expect((await writeBoth('ppo', { annealLearningRate: true })).groups).toHaveLength(2);
    expect((await writeBoth('ppo', { annealLearningRate: false })).groups).toHaveLength(1);
  });
});
