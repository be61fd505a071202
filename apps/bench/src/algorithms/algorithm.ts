import type { Deployment } from '@meow-rl/export';
import type { Runtime } from '@meow-rl/graph';
import type { Setting, SettingsOf, SettingsTable } from '@meow-rl/learner/settings';
import type { SavableAgent } from '@meow-rl/train';

/** The settings that each algorithm's table has: the replay buffer goes by them. */
export interface CommonSettings extends SettingsTable {
  readonly batchSize: Setting<number>;
  readonly gamma: Setting<number>;
}

/** All settings of an agent, of whichever algorithm. */
export type AgentConfig = SettingsOf<CommonSettings>;

/** An agent that a run can train, save and export. */
export interface TrainableAgent extends SavableAgent {
  deployment(): Deployment;
}

/** Settings of an agent and of its training that were found to work together. */
export interface Preset<C = Readonly<Record<string, unknown>>> {
  /** What differs from the defaults of the agent. */
  readonly agent: Partial<C>;
  /** Environment steps. */
  readonly steps: number;
  /** Environment steps with random actions before the first update. */
  readonly warmup: number;
  /** Environments that are stepped together. */
  readonly numEnvs: number;
  /** Updates per environment step. */
  readonly updatesPerStep: number;
  /** Transitions that the replay buffer holds. */
  readonly bufferSize: number;
  /** Environment steps between evaluations. */
  readonly evaluateEvery: number;
  /**
   * Which parameters are the trained policy: those after the last update, or their Polyak average over the last 1/τ
   * updates, which is the target.
   */
  readonly policy: 'last' | 'averaged';
}

/** What an agent is made of. */
export interface CreateAgentOptions<C> {
  readonly runtime: Runtime;
  readonly observationSize: number;
  readonly actionSize: number;
  readonly seed: number;
  /** Checked, with every setting given. */
  readonly config: C;
  /** Threads that share each update; 0: the calling thread makes it. */
  readonly learnerThreads: number;
  /** Whether they make it while the agent acts. */
  readonly background: boolean;
}

/**
 * An algorithm as the command line knows it. Importing one imports no engine: what takes time is loaded in `create`.
 *
 * @typeParam S its table of settings: flags, help, checks of files, `config.json` and the table in docs/algorithms come from it
 */
export interface Algorithm<
  S extends CommonSettings = CommonSettings,
  A extends TrainableAgent = TrainableAgent,
  P extends string = string,
> {
  /** What `--algo` takes, and folders and logs are called by. */
  readonly name: string;
  readonly settings: S;
  readonly presets: Readonly<Record<P, Preset<SettingsOf<S>>>>;
  /** The preset that an environment is trained with unless another is asked for. */
  readonly presetOfEnvironment: Readonly<Record<string, P>>;
  /** The preset of environments that have none of their own. */
  readonly generalPreset: P;
  /**
   * Fills in the defaults and checks every setting.
   *
   * @throws RangeError naming the setting, what was expected, what came and what to do
   */
  resolve(config: Partial<SettingsOf<S>>): SettingsOf<S>;
  create(options: CreateAgentOptions<SettingsOf<S>>): Promise<A>;
  /** Has the target's parameters act, the average of the trained ones. Absent where no target follows the policy. */
  adoptAverage?(agent: A): void;
}

/** Gives an algorithm its types. */
export const defineAlgorithm = <S extends CommonSettings, A extends TrainableAgent, P extends string>(
  algorithm: Algorithm<S, A, P>,
): Algorithm<S, A, P> => algorithm;
