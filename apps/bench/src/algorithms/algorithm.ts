import type { AgentOptions, CommonSettings } from '@meow-rl/learner';
import type { SettingsOf } from '@meow-rl/learner/settings';
import type { Deployable, OffPolicyAgent, OnPolicyAgent, Savable } from '@meow-rl/train';

/** All settings of an agent, of whichever algorithm. */
export type AgentConfig = SettingsOf<CommonSettings>;

/** An agent that a run can train, save and export. */
export type TrainableAgent = (OffPolicyAgent | OnPolicyAgent) & Savable & Deployable;

/** Settings of an agent and of its training that were found to work together. */
export interface Preset<C = Readonly<Record<string, unknown>>> {
  /** What differs from the defaults of the agent. */
  readonly agent: Partial<C>;
  /** Environment steps. */
  readonly steps: number;
  /** Environment steps with random actions before the first update; of those that learn from a replay buffer. */
  readonly warmup?: number;
  /** Environments that are stepped together. */
  readonly numEnvs: number;
  /** Updates per environment step; of those that learn from a replay buffer. */
  readonly updatesPerStep?: number;
  /** Transitions that the replay buffer holds; of those that learn from one. */
  readonly bufferSize?: number;
  /** Whether observations are standardized by running statistics. Default: false. */
  readonly normalizeObservations?: boolean;
  /** Whether rewards are divided by the spread of the returns. Default: false. */
  readonly scaleRewards?: boolean;
  /** Environment steps between evaluations. */
  readonly evaluateEvery: number;
  /**
   * Which parameters are the trained policy: those after the last update, or their Polyak average over the last 1/τ
   * updates, which is the target.
   */
  readonly policy: 'last' | 'averaged';
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
   * Checks settings against each other, each of which has been checked alone.
   *
   * @throws RangeError naming them
   */
  check?(config: SettingsOf<S>): void;
  /**
   * Steps of each environment that are learned from at once. Absent where agents learn from a replay buffer; else `create`
   * makes one that learns from rollouts.
   */
  rolloutSteps?(config: SettingsOf<S>): number;
  /** Whether the learning goes by the number of steps of the run, so that a run can't be given others. Default: it doesn't. */
  goesBySteps?(config: SettingsOf<S>): boolean;
  /** The setting that says in one of how many updates the policy is trained. Default: in all of them. */
  readonly policyEvery?: keyof S & string;
  create(options: AgentOptions<S>): Promise<A>;
  /** Has the target's parameters act, the average of the trained ones. Absent where no target follows the policy. */
  adoptAverage?(agent: A): void;
}

/** Gives an algorithm its types. */
export const defineAlgorithm = <S extends CommonSettings, A extends TrainableAgent, P extends string>(
  algorithm: Algorithm<S, A, P>,
): Algorithm<S, A, P> => algorithm;
