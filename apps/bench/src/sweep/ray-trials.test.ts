import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';

import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { CONFIG, METRICS, SUMMARY } from '../runs/run-files.ts';
import { startFakeRay, type FakeRay } from '../testing/fake-ray.ts';
import { bench } from '../testing/run-bench.ts';
import { QUICK_TRIAL, writeSweep } from '../testing/sweep.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { readSweep } from './definition.ts';
import { packApp } from './pack-app.ts';
import { planSweep } from './plan.ts';
import { rayTrials } from './ray-trials.ts';
import { rayToken } from './ray-token.ts';

// Ray is looked at once a second.
vi.setConfig({ testTimeout: 300_000 });

beforeEach(async () => {
  // No token and no cluster of the user's.
  vi.stubEnv('HOME', await temporaryFolder());
  for (const name of ['RAY_AUTH_TOKEN', 'RAY_AUTH_TOKEN_PATH', 'RAY_ADDRESS', 'RAY_API_SERVER_ADDRESS'])
    vi.stubEnv(name, undefined);
  onTestFinished(() => void vi.unstubAllEnvs());
});

const NAME = 'MultiGoal-v0/sac/seed-0';

async function sweepFile(address: string, ray: object = {}) {
  const folder = await temporaryFolder();
  const out = path.join(folder, 'shared');
  const file = await writeSweep(folder, {
    out,
    algorithms: ['sac'],
    environments: ['MultiGoal-v0'],
    settings: { ...QUICK_TRIAL, steps: 600 },
    ray: { address, ...ray },
  });
  return { folder, out, file, trial: path.join(out, ...NAME.split('/')) };
}

/** What a finished trial leaves of what is looked at. */
async function writeFinished(trial: string, steps = 600): Promise<void> {
  await mkdir(trial, { recursive: true });
  await writeFile(path.join(trial, CONFIG), JSON.stringify({ steps }));
  await writeFile(path.join(trial, METRICS), `${JSON.stringify({ type: 'progress', step: steps })}\n`);
  await writeFile(
    path.join(trial, SUMMARY),
    JSON.stringify({ aborted: false, trainSeconds: 1, verifyMaxError: 1e-7 }),
  );
}

const sweepOn = async (file: string, ...argv: string[]) => {
  const { code, out, err } = await bench('sweep', file, '--engine', 'ray', '--json', ...argv);
  return { code, err, trials: out === '' ? [] : JSON.parse(out).trials };
};

/** How the only trial of a sweep ends. */
async function endingOf(file: string, storageSeconds = 0) {
  const sweep = await readSweep(file, '');
  const [trial] = await planSweep(sweep, 'ray');
  if (!trial) throw new Error('there is a trial');
  const { run } = await rayTrials(sweep, { storageSeconds });
  return run(trial, new AbortController().signal, () => {});
}

/** Stops a trial as soon as its job is there, and gives the requests that are no questions. */
async function stopTrial(prepare: (ray: FakeRay) => void = () => {}) {
  const ray = await startFakeRay(undefined);
  const { file, out } = await sweepFile(ray.address);
  const sweep = await readSweep(file, out);
  const [trial] = await planSweep(sweep, 'ray');
  if (!trial) throw new Error('there is a trial');
  const stopping = new AbortController();
  prepare(ray);
  const ended = (await rayTrials(sweep)).run(trial, stopping.signal, () => stopping.abort());
  expect(await ended).toEqual({ kind: 'stopped' });
  expect([...ray.jobs.values()].map(({ status }) => status)).toEqual(['STOPPED']);
  const [id = ''] = ray.jobs.keys();
  return ray.requests.flatMap((request) => (request.startsWith('POST') ? [request.replace(id, '<id>')] : []));
}

describe('a sweep on Ray', () => {
  it('submits a trial as a job that train begins, and says if its results are not on shared storage', async () => {
    const ray = await startFakeRay('secret', () => ({ status: 'SUCCEEDED' }));
    vi.stubEnv('RAY_AUTH_TOKEN', 'secret');
    const { file, out, trial } = await sweepFile(ray.address, {
      app: "/shared/the app's",
      node: '/opt/node',
      environmentVariables: { COLOR: 'no' },
    });
    expect(await endingOf(file)).toEqual({
      kind: 'failed',
      error: expect.stringMatching(/shows no run here\. .* has to be on storage that this machine/),
      again: false,
    });
    const [job] = ray.jobs.values();
    expect(job).toMatchObject({
      submission_id: expect.stringMatching(/^meow-[0-9a-f]{6}-MultiGoal-v0-sac-seed-0-[0-9a-f]{6}$/),
      entrypoint: expect.stringMatching(
        String.raw`^exec /opt/node '/shared/the app'\\''s/node_modules/@meow-rl/bench/bin/meow-bench.js' train --out ${trial} --algo sac .* --quiet$`,
      ),
      entrypoint_num_cpus: 1,
      metadata: { 'meow-sweep': out, 'meow-trial': NAME },
      runtime_env: { env_vars: { COLOR: 'no', RAY_JOB_STOP_WAIT_TIME_S: '120' } },
    });
  });

  it('waits until shared storage shows what a job wrote, and goes on with one that had fewer steps', async () => {
    const ray = await startFakeRay(undefined, () => ({ status: 'SUCCEEDED' }));
    const late = await sweepFile(ray.address);
    const ending = endingOf(late.file, 60);
    await expect.poll(() => ray.jobs.size, { timeout: 60_000 }).toBe(1);
    await writeFinished(late.trial, 600);
    expect(await ending).toEqual({ kind: 'done' });
    const shorter = await sweepFile(ray.address);
    const earlier = endingOf(shorter.file, 2);
    await expect.poll(() => ray.jobs.size, { timeout: 60_000 }).toBe(2);
    await writeFinished(shorter.trial, 300);
    expect(await earlier).toEqual({
      kind: 'failed',
      error: expect.stringMatching(/^its job meow-\S+ ended well at step 300 of 600$/),
      again: true,
    });
  });

  it('goes on with what a job of an earlier sweep with fewer steps has left', async () => {
    const ray = await startFakeRay(undefined);
    const { file, out, trial } = await sweepFile(ray.address);
    const metadata = { 'meow-sweep': out, 'meow-trial': NAME };
    ray.jobs.set('earlier', { submission_id: 'earlier', status: 'RUNNING', metadata });
    const ending = endingOf(file);
    await expect
      .poll(() => ray.requests.filter((request) => request === 'GET /api/jobs/').length, { timeout: 60_000 })
      .toBeGreaterThan(2);
    await writeFinished(trial, 300);
    ray.jobs.set('earlier', { submission_id: 'earlier', status: 'SUCCEEDED', metadata });
    await expect.poll(() => ray.jobs.size, { timeout: 60_000 }).toBe(2);
    const [, later] = ray.jobs.values();
    expect(later).toMatchObject({ entrypoint: expect.stringContaining(` train --resume ${trial} `) });
    await writeFinished(trial);
    ray.jobs.set(later?.submission_id ?? '', { submission_id: '', ...later, status: 'SUCCEEDED' });
    expect(await ending).toEqual({ kind: 'done' });
  });

  it('brings the app to the cluster, once', async () => {
    const ray = await startFakeRay(undefined, () => ({
      status: 'FAILED',
      driver_exit_code: 2,
      logs: 'meow-bench: no.',
    }));
    const { file, folder } = await sweepFile(ray.address, { upload: 'app' });
    const refused = await sweepOn(file);
    expect(refused.err).toContain(
      'app holds no app: there is no node_modules/@meow-rl/bench/bin/meow-bench.js in it',
    );
    const app = path.join(folder, 'app');
    for (const name of [
      'node_modules/@meow-rl/bench/bin/meow-bench.js',
      'node_modules/onnxruntime-node/bin/napi-v6/win32/a.dll',
    ]) {
      await mkdir(path.join(app, path.dirname(name)), { recursive: true });
      await writeFile(path.join(app, name), 'program');
    }
    const { file: again, trial } = await sweepFile(ray.address, { upload: app });
    await rayTrials(await readSweep(again, ''));
    // Not before there is a trial to submit.
    expect(ray.requests.filter((request) => request.includes('/api/packages/'))).toEqual([]);
    const { trials } = await sweepOn(again);
    // Exit code 2 is wrong usage, which another attempt has too.
    expect(trials).toMatchObject([{ phase: 'failed', attempts: 1, error: 'no.' }]);
    expect(await readFile(path.join(trial, 'trial.log'), 'utf8')).toContain('meow-bench: no.');
    const { name } = await packApp(app);
    expect([...ray.packages.keys()]).toEqual([`/api/packages/gcs/${name}`]);
    expect([...ray.jobs.values()]).toMatchObject([
      {
        entrypoint: expect.stringMatching(
          /^exec node node_modules\/@meow-rl\/bench\/bin\/meow-bench\.js train /,
        ),
        runtime_env: { working_dir: `gcs://${name}` },
      },
    ]);
    await sweepOn(again);
    expect(ray.requests.filter((request) => request.startsWith('PUT'))).toHaveLength(1);
  });

  it('watches a job that runs already instead of submitting the trial again', async () => {
    const ray = await startFakeRay(undefined);
    const { file, out, trial } = await sweepFile(ray.address);
    const metadata = { 'meow-sweep': out, 'meow-trial': NAME };
    ray.jobs.set('earlier', { submission_id: 'earlier', status: 'RUNNING', metadata });
    ray.jobs.set('other', {
      submission_id: 'other',
      status: 'RUNNING',
      metadata: { ...metadata, 'meow-sweep': '/o' },
    });
    const swept = sweepOn(file);
    // First whether Ray answers, then for the trial, then for its end.
    const looks = () => ray.requests.filter((request) => request === 'GET /api/jobs/').length;
    await expect.poll(looks, { timeout: 60_000 }).toBeGreaterThan(2);
    await writeFinished(trial);
    ray.jobs.set('earlier', { submission_id: 'earlier', status: 'SUCCEEDED', metadata });
    const { code, trials } = await swept;
    expect(code).toBe(0);
    expect(trials).toMatchObject([{ phase: 'finished', attempts: 1, job: 'earlier' }]);
    expect(ray.jobs.size).toBe(2);
    const cancelled = await sweepFile(ray.address);
    ray.jobs.set('mine', {
      submission_id: 'mine',
      status: 'PENDING',
      metadata: { 'meow-sweep': cancelled.out, 'meow-trial': NAME },
    });
    const { out: said } = await bench('sweep', cancelled.file, '--engine', 'ray', '--cancel', '--json');
    expect(JSON.parse(said)).toEqual({ stopped: [NAME] });
    expect([...ray.jobs.values()].map(({ status }) => status)).toEqual(['SUCCEEDED', 'RUNNING', 'STOPPED']);
  });

  it('tries again a job that was killed, and not one that somebody stopped', async () => {
    const endings = [
      {
        status: 'FAILED',
        driver_exit_code: -9,
        message: 'failed with exit code -9\nlogs',
        logs: 'meow-bench: a note',
      },
      { status: 'STOPPED' },
    ];
    const ray = await startFakeRay(undefined, () => endings.shift() ?? {});
    const { file } = await sweepFile(ray.address);
    const { trials, err } = await sweepOn(file);
    expect(err).toMatch(/failed \(its job meow-\S+ failed: failed with exit code -9\); attempt 2 follows/);
    expect(trials).toMatchObject([
      {
        phase: 'failed',
        attempts: 2,
        error: expect.stringMatching(/^its job meow-\S+ was stopped on the cluster$/),
      },
    ]);
    expect(trials[0].job).toBe([...ray.jobs.keys()][1]);
  });

  describe('that is stopped', () => {
    const [submission, stop] = ['POST /api/jobs/', 'POST /api/jobs/<id>/stop'];

    it('just after it was submitted', async () => {
      expect(await stopTrial()).toEqual([submission, stop]);
    });

    it('while the head of the cluster is restarted', async () => {
      const posted = await stopTrial(({ refused }) => void refused.push(submission, '/stop'));
      expect(posted).toEqual([submission, submission, stop, stop]);
    });

    it('after a submission that Ray took but did not answer', async () => {
      const posted = await stopTrial(({ unanswered }) => void unanswered.push(submission));
      expect(posted).toEqual([submission, stop]);
    });
  });

  it('says how to reach a cluster that gives no answer, and where a token goes', async () => {
    const { file } = await sweepFile('http://127.0.0.1:9');
    expect((await sweepOn(file)).err).toMatch(
      /there is no answer from Ray at http:\/\/127\.0\.0\.1:9 \(.*ECONNREFUSED.*\)\. Start a cluster/,
    );
    expect((await sweepOn((await sweepFile('ray://head:10001')).file)).err).toContain(
      "the address of Ray can't be ray://head:10001. Give that of its dashboard",
    );
    const ray = await startFakeRay('secret');
    const asking = (await sweepFile(ray.address)).file;
    expect((await sweepOn(asking)).err).toContain(
      'asks for a token. Give it with RAY_AUTH_TOKEN, RAY_AUTH_TOKEN_PATH',
    );
    vi.stubEnv('RAY_AUTH_TOKEN', 'wrong');
    expect((await sweepOn(asking)).err).toContain('refuses the token. Give it with RAY_AUTH_TOKEN');
    expect((await bench('sweep', asking, '--cancel')).err).toContain('Give --engine ray with it.');
  });
});

it('the token of Ray is that of the variable, of the file that is named, or of the user’s file', async () => {
  const home = await temporaryFolder();
  expect(await rayToken({ variables: {}, home })).toBeUndefined();
  await mkdir(path.join(home, '.ray'));
  await writeFile(path.join(home, '.ray', 'auth_token'), 'of the user\n');
  await writeFile(path.join(home, 'named'), ' of the file ');
  await writeFile(path.join(home, 'empty'), '\n');
  const named = { RAY_AUTH_TOKEN_PATH: path.join(home, 'named') };
  expect(await rayToken({ variables: {}, home })).toBe('of the user');
  expect(await rayToken({ variables: named, home })).toBe('of the file');
  expect(await rayToken({ variables: { ...named, RAY_AUTH_TOKEN: 'given' }, home })).toBe('given');
  for (const name of ['empty', 'missing'])
    await expect(
      rayToken({ variables: { RAY_AUTH_TOKEN_PATH: path.join(home, name) }, home }),
    ).rejects.toThrow('RAY_AUTH_TOKEN_PATH is to name a file that holds it');
});

it('a lock that a killed process left on another node is deleted', async () => {
  const { deleteForeignLock } = await import('./trial-folder.ts');
  const folder = await temporaryFolder();
  const lock = path.join(folder, 'run.lock');
  const record = { pid: 1, token: '0123456789abcdef', since: new Date().toISOString() };
  await writeFile(lock, JSON.stringify({ ...record, host: hostname() }));
  expect(await deleteForeignLock(folder)).toBe(false);
  await writeFile(lock, JSON.stringify({ ...record, host: 'another' }));
  expect(await deleteForeignLock(folder)).toBe(true);
  await expect(readFile(lock)).rejects.toThrow('ENOENT');
  // Released meanwhile.
  expect(await deleteForeignLock(folder)).toBe(true);
  await writeFile(lock, '{');
  expect(await deleteForeignLock(folder)).toBe(false);
});
