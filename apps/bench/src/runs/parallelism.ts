import { isMujocoEnvId } from '../environments/environments.ts';
import { ENGINES_OF_THREADS } from './engines.ts';
import type { EngineName, TrainConfig } from './train-settings.ts';

/** Threads of a run. */
export interface Parallelism {
  /** That share each update. 0: there is no sharing. */
  readonly learnerThreads: number;
  /** That step the environments. 0: the main one does. */
  readonly workers: number;
}

/** What threads are chosen by. */
export interface ParallelismOptions
  extends Partial<Parallelism>, Pick<TrainConfig, 'parallel' | 'threads' | 'pipeline'> {
  readonly env: string;
  readonly numEnvs: number;
  readonly engine: EngineName;
  readonly batchSize: number;
  /** Whether it learns from rollouts, which are made between its updates. */
  readonly isOnPolicy: boolean;
  readonly cores: number;
}

/** With fewer, waiting for each other takes what sharing saves. */
const ROWS_OF_A_LEARNER_THREAD = 128;
/** With fewer, waking a worker takes what it saves. */
const ENVIRONMENTS_OF_A_WORKER = 4;

/**
 * The threads of a run that nobody has given. By `auto` as many share each update as there are cores, each with at least 128 rows of
 * the batch; of rollouts, as many workers step environments of MuJoCo as there are cores, each with at least 4.
 */
export function chooseParallelism(options: ParallelismOptions): Parallelism {
  const { parallel, learnerThreads, workers } = options;
  if (parallel === 'off') return { learnerThreads: learnerThreads ?? 0, workers: workers ?? 0 };
  return { learnerThreads: learnerThreads ?? sharing(options), workers: workers ?? stepping(options) };
}

const usefulThreads = (count: number): number => (count > 1 ? count : 0);

function sharing({ isOnPolicy, pipeline, engine, threads, batchSize, cores }: ParallelismOptions): number {
  if (isOnPolicy || threads > 1 || !ENGINES_OF_THREADS.has(engine)) return 0;
  const most = Math.floor(batchSize / ROWS_OF_A_LEARNER_THREAD);
  // The main thread acts meanwhile.
  if (pipeline) return Math.max(1, Math.min(cores - 1, most));
  return usefulThreads(Math.min(cores, most));
}

function stepping({ isOnPolicy, env, numEnvs, cores }: ParallelismOptions): number {
  if (!isOnPolicy || !isMujocoEnvId(env)) return 0;
  return usefulThreads(Math.min(cores, Math.floor(numEnvs / ENVIRONMENTS_OF_A_WORKER)));
}

/** A line on the threads of a run; none if there is one. */
export function describeParallelism({ learnerThreads, workers }: Parallelism): readonly string[] {
  const uses = [
    ...(learnerThreads > 1 ? [`${learnerThreads} threads share each update`] : []),
    ...(workers > 0 ? [`${workers} workers step the environments`] : []),
  ];
  return uses.length === 0 ? [] : [uses.join(', ')];
}
