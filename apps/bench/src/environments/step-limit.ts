import type { Ui } from '../cli/ui.ts';
import {
  bridgeHello,
  endIdle,
  isBridge,
  isRunningServer,
  takesMaxSteps,
  type BridgeChoice,
  type BridgeOptions,
} from './bridge.ts';

/** Steps after which an episode of one's own environment is truncated where neither its author nor the user says. */
export const DEFAULT_MAX_STEPS = 1000;

/** What is said of an environment that is given that limit. */
export const assumedLimit = (environment: string): string =>
  `${environment} gives no time limit; episodes end after ${DEFAULT_MAX_STEPS} steps (--max-steps)`;

/**
 * Gives an environment of Gymnasium without a step limit one, and says so: an evaluation plays whole episodes. The simulator is started
 * to be asked.
 *
 * @returns the choice as it is where there is a limit, or a server takes none
 */
export async function withStepLimit<T extends BridgeChoice>(
  choice: T,
  options: BridgeOptions,
  ui?: Pick<Ui, 'info'>,
): Promise<T> {
  if (!takesMaxSteps(choice.env) || choice.maxSteps !== undefined) return choice;
  const { maxEpisodeSteps } = await bridgeHello(choice, options);
  if (maxEpisodeSteps !== undefined) return choice;
  await endIdle(choice);
  ui?.info(assumedLimit(choice.env));
  return { ...choice, maxSteps: DEFAULT_MAX_STEPS };
}

/** Says of an evaluation in a simulator whose episodes may go on for ever what to do. Undefined where there is a limit. */
export async function whyEndless(choice: BridgeChoice, options?: BridgeOptions): Promise<string | undefined> {
  const { env, maxSteps } = choice;
  if (!isBridge(env) || (takesMaxSteps(env) && maxSteps !== undefined)) return undefined;
  if ((await bridgeHello(choice, options)).maxEpisodeSteps !== undefined) return undefined;
  const how = isRunningServer(env)
    ? "start a server of Gymnasium's environments with --max-steps, and have a simulator of your own truncate and give max_episode_steps"
    : takesMaxSteps(env)
      ? 'begin a new run with --max-steps'
      : 'have its simulator truncate and give max_episode_steps';
  return `${env} gives no time limit: an evaluation plays whole episodes, and waits where one doesn't end. If that may be, ${how}`;
}
