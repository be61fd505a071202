import { availableParallelism } from 'node:os';

import { clipVectorAction, joinVectorEnvs, type Env, type VectorEnv } from '@meow-rl/envs';
import type { Actor } from '@meow-rl/train';

import type { Ui } from '../cli/ui.ts';
import { isBridge, isRunningServer, withActions } from './bridge.ts';
import { openEvaluationBridge, openForEvaluation, type BridgeEvaluation } from './bridge-evaluation.ts';
import {
  asActorSees,
  isKnownEnvironment,
  isMujocoEnvId,
  makeEnvironment,
  makeVectorEnvironment,
  type IdentifiedEnvironment,
} from './environments.ts';
import { whyEndless, withStepLimit } from './step-limit.ts';

/** Episodes that are played, and with what. */
export interface EvaluationPlan {
  /** In one evaluation. */
  readonly episodes: number;
  /** In all evaluations. */
  readonly episodesInAll: number;
  /** Whether threads may be used. */
  readonly parallel: 'auto' | 'off';
  readonly cores?: number;
}

/** How many environments step together, and where. */
interface EvaluationRows {
  /** In the calling thread. */
  readonly here: number;
  /** In other threads. */
  readonly elsewhere: number;
  readonly workers: number;
}

/** More at once act hardly faster, and each takes memory. */
const MOST_ROWS = 16;
/** With fewer, waking a worker takes what it saves. */
const ROWS_OF_A_THREAD = 4;
/** Starting a worker takes about as long as so many episodes of HalfCheetah. */
const EPISODES_WORTH_A_WORKER = 20;

/**
 * The rows of an evaluation: as many as there are episodes, or in rounds of equal size of at most 16. Tasks of MuJoCo are spread over
 * as many threads as there are cores, the calling one among them, each with at least 4 rows, where at least 20 episodes are to be
 * played in all. Results don't depend on the threads.
 */
export function evaluationRows(
  { env }: Pick<IdentifiedEnvironment, 'env'>,
  { episodes, episodesInAll, parallel, cores = availableParallelism() }: EvaluationPlan,
): EvaluationRows {
  const rounds = Math.ceil(episodes / MOST_ROWS);
  const rows = Math.ceil(episodes / rounds);
  const isSpread = parallel === 'auto' && isMujocoEnvId(env) && episodesInAll >= EPISODES_WORTH_A_WORKER;
  const threads = isSpread ? Math.max(1, Math.min(cores, Math.floor(rows / ROWS_OF_A_THREAD))) : 1;
  const here = Math.ceil(rows / threads);
  return { here, elsewhere: rows - here, workers: threads - 1 };
}

/**
 * Environments of these packages that play one episode each and then rest; one environment of the user's own, as only its author
 * knows what several cost.
 */
async function openRows(
  choice: IdentifiedEnvironment,
  plan: EvaluationPlan,
  rescaleActions: boolean,
): Promise<VectorEnv> {
  const { here, elsewhere, workers } = evaluationRows(choice, plan);
  const opening = { rescaleActions, restsAfterEpisode: true };
  const inThisThread = await makeVectorEnvironment(choice, { ...opening, numEnvs: here, workers: 0 });
  if (elsewhere === 0) return inThisThread;
  try {
    const inOthers = await makeVectorEnvironment(choice, { ...opening, numEnvs: elsewhere, workers });
    return joinVectorEnvs([inThisThread, inOthers]);
  } catch (error) {
    await inThisThread.close();
    throw error;
  }
}

/** What {@link makePlayground} may be told beside the plan. */
export interface PlaygroundPlan extends EvaluationPlan {
  /** Environments of a simulator in Python that is started, whose starts may depend on their number. Default: as many as it has, else 1. */
  readonly numEnvs?: number;
  /** Is told of episodes that have no limit. */
  readonly ui?: Pick<Ui, 'info' | 'warn'>;
}

/** An environment to play in, or several that step together. */
export async function makePlayground(
  choice: IdentifiedEnvironment,
  actor: Actor,
  { numEnvs, ui, ...plan }: PlaygroundPlan,
): Promise<Env | VectorEnv> {
  const isRescaled = actor.actionSpace === undefined;
  if (isBridge(choice.env)) {
    // A server that runs has the number that it has.
    const isGiven = numEnvs !== undefined && !isRunningServer(choice.env);
    const opening = isGiven ? { numEnvs } : {};
    const limited = await withStepLimit(choice, opening, ui);
    const problem = await whyEndless(limited, opening);
    if (problem !== undefined) ui?.warn(problem);
    return withActions(await openForEvaluation(limited, opening), isRescaled);
  }
  if (!isKnownEnvironment(choice.env)) return asActorSees(await makeEnvironment(choice), actor);
  const env = await openRows(choice, plan, isRescaled);
  return isRescaled ? env : clipVectorAction(env);
}

/** What evaluations of a run play in. */
export interface EvaluationEnvironmentOptions extends EvaluationPlan {
  /** What the run trains in. */
  readonly like: VectorEnv;
  /** Where a simulator that is started for them logs. */
  readonly logFile: string;
  /** Is told of a limit of episodes that is assumed. */
  readonly ui: Pick<Ui, 'info'>;
}

/** An environment for evaluations as agents see it. A simulator in Python is started at the first one. */
export async function makeEvaluationEnvironment(
  choice: IdentifiedEnvironment & BridgeEvaluation,
  { like, logFile, ui, ...plan }: EvaluationEnvironmentOptions,
): Promise<Env | VectorEnv> {
  if (isBridge(choice.env))
    return openEvaluationBridge(choice, { like, episodes: plan.episodes, logFile, ui });
  if (!isKnownEnvironment(choice.env)) return asActorSees(await makeEnvironment(choice), {});
  return openRows(choice, plan, true);
}
