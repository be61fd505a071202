import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { findRay } from '../../../../scripts/find-ray.mjs';
import { startRayHead, type RayHead } from '../testing/ray-head.ts';
import { bench, quietBench } from '../testing/run-bench.ts';
import { outcomeOf } from '../testing/run-outcome.ts';
import { startBench } from '../testing/start-bench.ts';
import { killTrial, QUICK_TRIAL, writeSweep } from '../testing/sweep.ts';
import { parseSweep } from './definition.ts';
import { rayJobs } from './ray-jobs.ts';
import type { SweepReport } from './report.ts';
import { expandSweep, trialArguments } from './trial.ts';
import { readTrialState } from './trial-state.ts';

const ray = findRay();
const TOKEN = randomBytes(32).toString('hex');

describe.skipIf(ray === undefined).each([
  ['without authentication', undefined],
  ['with a token', TOKEN],
])('a sweep on a Ray cluster %s', (_, token) => {
  let folder = '';
  let head: RayHead | undefined;
  beforeAll(async () => {
    // A short path: Ray makes sockets below it.
    folder = await mkdtemp(path.join(tmpdir(), 'ray-'));
    head = await startRayHead(ray ?? '', path.join(folder, 'ray'), token);
    // No token of the user's.
    vi.stubEnv('HOME', folder);
    vi.stubEnv('RAY_AUTH_TOKEN', '');
    if (token === undefined) return;
    await writeFile(path.join(folder, 'token'), `${token}\n`);
    vi.stubEnv('RAY_AUTH_TOKEN_PATH', path.join(folder, 'token'));
  }, 600_000);
  afterAll(async () => {
    vi.unstubAllEnvs();
    await head?.close();
    await rm(folder, { recursive: true, force: true });
  }, 120_000);

  const jobs = () => rayJobs(head?.address ?? '', token);
  /** Statuses of the jobs of a trial, in the order of their beginning. */
  const statusesOf = async (name: string, out: string) =>
    (await jobs().list())
      .filter(({ metadata }) => metadata?.['meow-trial'] === name && metadata['meow-sweep'] === out)
      .toSorted((a, b) => Number(a['start_time']) - Number(b['start_time']))
      .map(({ status }) => status);
  const definition = (name: string, steps: number, seeds: number) => ({
    out: path.join(folder, name),
    algorithms: ['meow', 'sac'],
    environments: ['MultiGoal-v0'],
    seeds,
    settings: { ...QUICK_TRIAL, steps },
    ray: { address: head?.address },
  });

  it('runs 8 trials, retries one that was killed to the bits of an undisturbed one, and agrees with Ray’s list', async () => {
    const sweep = definition('eight', 600, 4);
    const trials = expandSweep(parseSweep(sweep, 'sweep', ''));
    const [first] = trials;
    if (!first) throw new Error('there are 8 trials');
    const swept = bench('sweep', await writeSweep(folder, sweep), '--engine', 'ray', '--json');
    await killTrial(first.folder);
    const { code, out, err } = await swept;
    expect(code, err).toBe(0);
    const report = JSON.parse(out) as SweepReport;
    expect(report.trials.map(({ phase, attempts, step }) => [phase, attempts, step])).toEqual([
      ['finished', 2, 600],
      ...Array.from({ length: 7 }, () => ['finished', 1, 600]),
    ]);
    expect(err).toMatch(/seed-0 failed \(its job meow-\S+ failed: .*exit code -9.*\); attempt 2 follows/);
    const listed = new Map((await jobs().list()).map((job) => [job.submission_id, job.status]));
    expect(report.trials.map(({ job }) => listed.get(job))).toEqual(Array(8).fill('SUCCEEDED'));
    expect(await statusesOf(first.name, sweep.out)).toEqual(['FAILED', 'SUCCEEDED']);

    const twin = { ...first, folder: path.join(folder, 'twin') };
    expect((await quietBench(...trialArguments(twin, false))).code).toBe(0);
    expect(await outcomeOf(first.folder)).toEqual(await outcomeOf(twin.folder));
  });

  it('cancels its jobs, watches those of a sweep that was killed, and goes on with what was saved', async () => {
    // Of one algorithm, so that both are about as far.
    const sweep = { ...definition('cancelled', 3000, 2), algorithms: ['meow'] };
    const file = await writeSweep(folder, sweep, 'cancelled.yaml');
    const trials = expandSweep(parseSweep(sweep, 'sweep', ''));
    const begin = async (after: number) => {
      const started = startBench('sweep', file, '--engine', 'ray');
      await started.until(async () => {
        const states = await Promise.all(trials.map((trial) => readTrialState(trial, 3000)));
        return states.every(({ step }) => step > after);
      });
      return started;
    };
    const statuses = () => Promise.all(trials.map(({ name }) => statusesOf(name, sweep.out)));

    const interrupted = await begin(50);
    interrupted.child.kill('SIGINT');
    const { code, err } = await interrupted.ended;
    expect(err).toContain('stopped, 2 trials: 2 stopped, saved. Go on with the same command.');
    expect(code).toBe(130);
    expect(await statuses()).toEqual([['STOPPED'], ['STOPPED']]);

    const killed = await begin(200);
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(await statuses()).toEqual([
      ['STOPPED', 'RUNNING'],
      ['STOPPED', 'RUNNING'],
    ]);
    const cancelled = await bench('sweep', file, '--engine', 'ray', '--cancel', '--json');
    expect(JSON.parse(cancelled.out).stopped.toSorted()).toEqual(trials.map(({ name }) => name).toSorted());
    await expect.poll(statuses, { timeout: 120_000 }).toEqual([
      ['STOPPED', 'STOPPED'],
      ['STOPPED', 'STOPPED'],
    ]);

    const again = await begin(400);
    again.child.kill('SIGKILL');
    await again.ended;
    const running = (await jobs().list()).filter(({ status }) => status === 'RUNNING');
    expect(running).toHaveLength(2);
    const { out } = await bench('sweep', file, '--engine', 'ray', '--json');
    const { trials: finished } = JSON.parse(out) as SweepReport;
    expect(finished.map(({ phase, step }) => [phase, step])).toEqual(trials.map(() => ['finished', 3000]));
    expect(finished.map(({ job }) => job).toSorted()).toEqual(
      running.map(({ submission_id }) => submission_id).toSorted(),
    );
  });

  it('says what to do where the token is wrong, missing or not asked for', async () => {
    const sweep = { ...definition('refused', 600, 1), algorithms: ['sac'] };
    const file = await writeSweep(folder, sweep, 'refused.yaml');
    vi.stubEnv('RAY_AUTH_TOKEN', 'wrong');
    const wrong = await bench('sweep', file, '--engine', 'ray', '--cancel');
    vi.stubEnv('RAY_AUTH_TOKEN', '');
    vi.stubEnv('RAY_AUTH_TOKEN_PATH', '');
    const missing = await bench('sweep', file, '--engine', 'ray', '--cancel');
    if (token === undefined) {
      expect([wrong.code, missing.code]).toEqual([0, 0]);
      return;
    }
    expect(wrong.err).toMatch(/Ray at \S+ refuses the token\. Give it with RAY_AUTH_TOKEN/);
    expect(missing.err).toMatch(/Ray at \S+ asks for a token\. Give it with RAY_AUTH_TOKEN/);
    expect([wrong.code, missing.code]).toEqual([1, 1]);
  });
});
