import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { makeFolder } from '@meow-rl/files';

import { quoted } from '../cli/command-line.ts';
import { CliError, reasonOf, UsageError } from '../cli/errors.ts';
import { CONFIG, POLICY } from '../runs/run-files.ts';
import type { RayOptions, SweepDefinition } from './definition.ts';
import { lastError } from './last-error.ts';
import { APP_PROGRAM, expectApp, packApp } from './pack-app.ts';
import { rayJobs, RayUnreachableError, type RayJob, type RayJobRequest, type RayJobs } from './ray-jobs.ts';
import { rayToken } from './ray-token.ts';
import type { Ending, ReportProgress, TrialEngine } from './trial-engine.ts';
import { deleteForeignLock, waitForFolder } from './trial-folder.ts';
import { readTrialState, TRIAL_LOG } from './trial-state.ts';
import { trialArguments, type PlannedTrial } from './trial.ts';

/** Seconds between two looks at Ray's list of jobs. */
const INTERVAL = 1;
/** Seconds that a cluster may give no answer, as while its head is restarted. */
const PATIENCE = 300;
/** Seconds that what a job wrote takes to be seen here: clients of NFS keep for a minute that a file wasn't there. */
const STORAGE_SECONDS = 60;
/** Seconds that a trial has to save when it is stopped; Ray's default of 3 is little for a large replay buffer. */
const STOP_SECONDS = 120;

/** How trials are run on a cluster. */
export interface RayTrialsOptions {
  /** Default: all CPUs of the cluster. */
  readonly cores?: number | undefined;
  /** Seconds after which what a job wrote is seen here. Default: 60. */
  readonly storageSeconds?: number;
}

/**
 * Runs each trial as a job of a Ray cluster. The folder of the sweep is to be on storage that this machine and all nodes see
 * under the same path. Jobs of this sweep that run already are watched instead of submitted again.
 *
 * @throws UsageError if there is no app in the folder that Ray is to bring to the nodes
 * @throws CliError if the cluster gives no answer or refuses the token
 */
export async function rayTrials(
  sweep: SweepDefinition,
  { cores: givenCores, storageSeconds = STORAGE_SECONDS }: RayTrialsOptions = {},
): Promise<TrialEngine> {
  const jobs = await connectToRay(sweep.ray);
  const cores = givenCores ?? (await jobs.cpus());
  if (cores < 1)
    throw new CliError(
      `Ray at ${jobs.address} has no CPUs`,
      'Wait until its nodes are there, or give --cores.',
    );
  if (sweep.ray.upload !== undefined) expectApp(sweep.ray.upload);
  let deployed: Promise<DeployedApp> | undefined;
  const app = () => (deployed ??= deployApp(jobs, sweep.ray));
  const list = sharedList(jobs);
  return {
    name: 'ray',
    cores,
    remedy: 'Give it fewer threads, or the sweep more cores with --cores where the cluster grows.',
    run: (trial, stop, report) => runJob({ jobs, list, app, sweep, trial, report, storageSeconds }, stop),
  };
}

/**
 * Stops the jobs of a sweep that wait or run, saved.
 *
 * @returns the trials that they are of
 */
export async function cancelSweep(sweep: SweepDefinition): Promise<string[]> {
  const jobs = await connectToRay(sweep.ray);
  const open = (await patiently(() => jobs.list())).filter((job) => !hasEnded(job) && isOf(job, sweep));
  for (const { submission_id: id } of open) if (id) await patiently(() => jobs.stop(id));
  return open.map(({ metadata }) => metadata?.[TRIAL] ?? '');
}

async function connectToRay({ address }: RayOptions): Promise<RayJobs> {
  const { RAY_API_SERVER_ADDRESS, RAY_ADDRESS } = process.env;
  const url = address ?? RAY_API_SERVER_ADDRESS ?? RAY_ADDRESS ?? 'http://127.0.0.1:8265';
  if (!/^https?:\/\//.test(url))
    throw new UsageError(
      `the address of Ray can't be ${url}`,
      'Give that of its dashboard, such as http://127.0.0.1:8265, with ray.address or RAY_API_SERVER_ADDRESS.',
    );
  const jobs = rayJobs(url, await rayToken());
  await jobs.list();
  return jobs;
}

/** What of a job is the same for all trials. */
interface DeployedApp {
  readonly command: readonly string[];
  readonly workingDirectory?: string;
}

async function deployApp(jobs: RayJobs, { app, upload, node }: RayOptions): Promise<DeployedApp> {
  if (app !== undefined) return { command: [node, path.posix.join(app, APP_PROGRAM)] };
  if (upload === undefined)
    return {
      command: [
        process.execPath,
        ...process.execArgv,
        fileURLToPath(new URL('../../bin/meow-bench.js', import.meta.url)),
      ],
    };
  const packed = await packApp(upload);
  await patiently(() => jobs.upload(packed.name, packed.bytes));
  return { command: [node, APP_PROGRAM], workingDirectory: `gcs://${packed.name}` };
}

// Keys in the metadata of a job, of the folder of its sweep and the name of its trial.
const SWEEP = 'meow-sweep';
const TRIAL = 'meow-trial';

const isOf = ({ metadata }: RayJob, { out }: SweepDefinition): boolean =>
  metadata?.[SWEEP] === path.resolve(out);

const hasEnded = ({ status }: RayJob): boolean => status !== 'PENDING' && status !== 'RUNNING';

/** Asks Ray again while it gives no answer. For what may be done twice. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const isLate = performance.now() - begun > 1000 * PATIENCE;
      if (isLate || !(error instanceof RayUnreachableError)) throw error;
      await pause(1000 * INTERVAL);
    }
  }
}

/** Gives Ray's list of jobs, as it was at a time of `performance.now()` or later. */
type ListJobs = (since: number) => Promise<readonly RayJob[]>;

/** One list for all who ask at about the same time. */
function sharedList(jobs: RayJobs): ListJobs {
  let latest: { readonly asked: number; readonly list: Promise<readonly RayJob[]> } | undefined;
  return (since) => {
    const now = performance.now();
    if (!latest || latest.asked < since || now - latest.asked > 500 * INTERVAL)
      latest = { asked: now, list: patiently(() => jobs.list()) };
    return latest.list;
  };
}

interface JobContext {
  readonly jobs: RayJobs;
  readonly list: ListJobs;
  /** Brings the app to the cluster, the first time. */
  readonly app: () => Promise<DeployedApp>;
  readonly sweep: SweepDefinition;
  readonly trial: PlannedTrial;
  readonly report: ReportProgress;
  readonly storageSeconds: number;
}

async function runJob(context: JobContext, stop: AbortSignal): Promise<Ending> {
  const { jobs, list, sweep, trial, report } = context;
  const begun = performance.now();
  const ofTrial = (await list(begun)).filter(
    (job) => isOf(job, sweep) && job.metadata?.[TRIAL] === trial.name,
  );
  const running = ofTrial.find((job) => !hasEnded(job))?.submission_id;
  if (running === undefined || running === null) {
    const problem = await freeFolder(trial, ofTrial.length > 0, stop);
    if (stop.aborted) return { kind: 'stopped' };
    if (problem !== undefined) return { kind: 'failed', error: problem, again: false };
  }
  const id = running ?? (await submit(context));
  const submitted = performance.now();
  report({ phase: 'pending', job: id });
  let isStopped = false;
  for (;;) {
    await pause(1000 * INTERVAL, undefined, isStopped ? {} : { signal: stop }).catch(() => {});
    if (stop.aborted && !isStopped) {
      await patiently(() => jobs.stop(id));
      isStopped = true;
    }
    const job = (await list(submitted)).find(({ submission_id }) => submission_id === id);
    if (!job) return { kind: 'failed', error: `Ray no longer knows its job ${id}`, again: true };
    if (job.status === 'RUNNING') report({ phase: 'running', job: id });
    else if (job.status !== 'PENDING') {
      const ending = await endingOf(context, id, job, isStopped);
      // One of an earlier sweep with fewer steps is gone on with.
      const isEarlier = typeof running === 'string' && job.status === 'SUCCEEDED';
      return isEarlier && ending.kind === 'failed' && ending.again ? runJob(context, stop) : ending;
    }
  }
}

/** Sees to it that there is a trial's folder, and that nobody else writes to it; says what is in the way. */
async function freeFolder(
  { folder }: PlannedTrial,
  hadJobs: boolean,
  stop: AbortSignal,
): Promise<string | undefined> {
  try {
    await makeFolder(folder);
    const inUse = await waitForFolder(folder, stop);
    // Ray says that the trial's jobs have ended. What one that was killed on another node left can't be seen to be dead from here.
    if (hadJobs) await deleteForeignLock(path.join(folder, POLICY));
    if (inUse === undefined || (hadJobs && (await deleteForeignLock(folder)))) return undefined;
    return inUse;
  } catch (error) {
    return reasonOf(error);
  }
}

async function submit({ jobs, app, sweep, trial }: JobContext): Promise<string> {
  const out = path.resolve(sweep.out);
  const folder = path.resolve(trial.folder);
  const key = createHash('sha256').update(out).digest('hex').slice(0, 6);
  const name = trial.name.replaceAll(/[^A-Za-z0-9]+/g, '-');
  const id = `meow-${key}-${name}-${randomBytes(3).toString('hex')}`;
  const { command, workingDirectory } = await app();
  const argv = trialArguments({ ...trial, folder }, existsSync(path.join(folder, CONFIG)));
  const request: RayJobRequest = {
    submission_id: id,
    // In the place of the shell, so that signals reach it.
    entrypoint: `exec ${[...command, ...argv, '--quiet'].map(quoted).join(' ')}`,
    entrypoint_num_cpus: trial.cores,
    metadata: { [SWEEP]: out, [TRIAL]: trial.name },
    runtime_env: {
      env_vars: { RAY_JOB_STOP_WAIT_TIME_S: String(STOP_SECONDS), ...sweep.ray.environmentVariables },
      ...(workingDirectory !== undefined && { working_dir: workingDirectory }),
    },
  };
  await patiently(async () => {
    // Ray may have taken a job whose submission it didn't answer.
    const isKnown = (await jobs.list()).some(({ submission_id }) => submission_id === id);
    if (!isKnown) await jobs.submit(request);
  });
  return id;
}

/** The end of a job that ended well, once its trial's folder shows that here. */
async function endingOfSucceeded({ trial, storageSeconds }: JobContext, id: string): Promise<Ending> {
  const ended = performance.now();
  for (;;) {
    const state = await readTrialState(trial, trial.steps).catch(reasonOf);
    if (typeof state === 'object' && state.phase === 'finished') return { kind: 'done' };
    if (performance.now() - ended < 1000 * storageSeconds) {
      await pause(1000 * INTERVAL);
      continue;
    }
    // As one of an earlier sweep with fewer steps, which was only watched.
    if (typeof state === 'object' && state.phase === 'begun')
      return {
        kind: 'failed',
        error: `its job ${id} ended well at step ${state.step} of ${trial.steps}`,
        again: true,
      };
    const reason = typeof state === 'string' ? ` (${state})` : '';
    return {
      kind: 'failed',
      error: `its job ${id} ended well, but ${trial.folder} shows no run here${reason}. The folder of a sweep has to be on storage that this machine and all nodes see under the same path`,
      again: false,
    };
  }
}

async function endingOf(context: JobContext, id: string, job: RayJob, isStopped: boolean): Promise<Ending> {
  const { jobs, trial } = context;
  if (job.status === 'SUCCEEDED') return endingOfSucceeded(context, id);
  if (job.status === 'STOPPED' && isStopped) return { kind: 'stopped' };
  const output = await jobs.logs(id).catch(() => '');
  // Where shared storage takes nothing, Ray has it still.
  const log = path.join(trial.folder, TRIAL_LOG);
  await appendFile(log, `${new Date().toISOString()} ${id}\n${output}\n`).catch(() => {});
  if (job.status === 'STOPPED')
    return { kind: 'failed', error: `its job ${id} was stopped on the cluster`, again: false };
  const { driver_exit_code: code, message } = job;
  const [firstLine = ''] = (message ?? '').split('\n');
  const said = code === undefined || code === null || code >= 0 ? lastError(output) : undefined;
  return { kind: 'failed', error: said ?? `its job ${id} failed: ${firstLine}`, again: code !== 2 };
}
