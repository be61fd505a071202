import type { GradientTransformation, Tensor } from '@meow-rl/graph';
import type { Bound, Candidates, Dropout, Module } from '@meow-rl/nn';
import type { MetricWarning } from '@meow-rl/train';

import type { Noise } from './noise.ts';
import type { Setting, SettingsOf, SettingsTable } from './settings/index.ts';

/** Entries of an observation and of an action. */
export interface Sizes {
  readonly observationSize: number;
  readonly actionSize: number;
}

/** Networks in named groups. The parameters of a group are one vector, which one optimizer trains. */
export type NetworkGroups = Readonly<Record<string, Module<unknown>>>;

/** What the networks are inside a graph. */
export type BoundGroups<N extends NetworkGroups> = { readonly [G in keyof N]: Bound<N[G]> };

/** The settings that every algorithm has. */
export interface CommonSettings extends SettingsTable {
  /** Transitions per update, N. */
  readonly batchSize: Setting<number>;
  /** Discount γ per step; whoever makes the replay buffer gives it that. */
  readonly gamma: Setting<number>;
}

/**
 * Transitions: `observation` and `nextObservation` [rows, O], `action` [rows, A] as replay keeps it, `reward` [rows] (with n
 * steps their discounted sum), `discount` [rows] (γⁿ where `nextObservation` n steps later counts, 0 where the task ended),
 * `weight` [rows] of the squared errors (1 without importance weights).
 */
export type Batch = Readonly<Record<BatchInput, Tensor>>;

/** What a batch has of each transition, see {@link Batch}. */
export type BatchInput = 'observation' | 'action' | 'reward' | 'nextObservation' | 'discount' | 'weight';

/**
 * A minibatch of a rollout: `observation` [rows, O], `action` [rows, A] as it was sampled; [rows] each: `logProb` and `value`,
 * what policy and critic said of them then, `advantage` and `return`, the estimates of {@link RolloutLearning}.
 */
export type RolloutBatch = Readonly<Record<RolloutInput, Tensor>>;

/** What a minibatch has of each transition, see {@link RolloutBatch}. */
export type RolloutInput = 'observation' | 'action' | 'logProb' | 'value' | 'advantage' | 'return';

/**
 * What a loss is made of. Its rows are the batch's, or those of one of the threads that share it.
 *
 * @typeParam I what its batches have
 */
export interface LossInputs<N extends NetworkGroups = NetworkGroups, I extends string = BatchInput> {
  readonly batch: Readonly<Record<I, Tensor>>;
  /** With the newest parameters: those that the stages before have made. */
  readonly networks: BoundGroups<N>;
  /** With those of the targets, for groups that a stage says follow. Losses are to pass no gradient to what they make of it. */
  readonly targets: BoundGroups<N>;
  /** The stage's noise of this name. */
  noise(name: string): Tensor;
  /**
   * The stage's dropout; undefined if nothing is dropped.
   *
   * @param copies masks for each row of what is dropped from; default 1
   */
  dropout(copies?: number): Dropout | undefined;
  /**
   * Mean over the whole batch of what has one or more entries for each row, `Σ x / (N · entries)`; of a scalar, which all rows
   * have in common, itself.
   */
  mean(x: Tensor): Tensor;
}

/** What a stage computes. Everything but `tdErrors` is a mean over the batch, so that those of its parts add up. */
export interface StageLoss<G extends string = string> {
  /** For each group that the stage trains: the scalar whose gradient with regard to that group's parameters is taken. */
  readonly losses: Readonly<Partial<Record<G, Tensor>>>;
  /** What is reported, by documented names that no other stage has; scalars. */
  readonly metrics: Readonly<Record<string, Tensor>>;
  /** |error| of each transition, [rows]: what prioritized replay goes by. Only of a stage that takes part in every update. */
  readonly tdErrors?: Tensor;
}

/** One step of an update. Stages come one after the other, each with what the one before has made. */
export interface Stage<N extends NetworkGroups = NetworkGroups, I extends string = BatchInput> {
  /** The optimizer of each group that this stage trains. A stage that trains none only reports, with noise of its own. */
  readonly trains: { readonly [G in keyof N]?: GradientTransformation };
  /** Polyak rate τ of each group whose target follows after this stage; targets start as copies. */
  readonly targets?: { readonly [G in keyof N]?: number };
  /** The stage takes part in every so many updates. Default: 1, in all of them. */
  readonly every?: number;
  /** Drawn anew for each update. */
  readonly noise?: Readonly<Record<string, Noise>>;
  /** Dropout that the loss may ask for. */
  readonly dropout?: DropoutPlan | undefined;
  loss(inputs: LossInputs<N, I>): StageLoss<keyof N & string>;
}

/** How a stage drops units. */
export interface DropoutPlan {
  /** Share of units dropped, in (0, 1). */
  readonly rate: number;
  /** How often something is dropped from. */
  readonly uses: number;
  /** Entries of a row of the largest activation that is dropped from, all its copies counted. */
  readonly largest: number;
}

/** What a policy samples for each observation. */
export interface SampledAction {
  /** [rows, A] in [−1, 1] */
  readonly action: Tensor;
  /** log π(a|s), [rows]; absent for policies without a density */
  readonly logProb?: Tensor;
  /** What replay keeps of the action, to more digits than the action holds; default: what `Replayed.ofAction` makes of it. */
  readonly replayed?: Tensor;
}

/** How an algorithm acts and judges. Shapes: `observation` [rows, O], `action` and standard normal `noise` [rows, A]. */
export interface Acting<N extends NetworkGroups = NetworkGroups, Q extends string = string> {
  sample(networks: BoundGroups<N>, observation: Tensor, noise: Tensor): SampledAction;
  /**
   * Whether the policy is stochastic though it has no density, so that its samples are deployed. Default false: without a density,
   * `sample` is the deterministic action with noise to explore.
   */
  readonly stochastic?: boolean;
  /** The deterministic action, [rows, A]; undefined where the policy has none. */
  mode(networks: BoundGroups<N>, observation: Tensor): Tensor | undefined;
  /** What `mode` takes the best of, where it chooses by score: in 32-bit floats the next best may be taken where two are nearly the same. */
  candidates?(networks: BoundGroups<N>, observation: Tensor): Candidates;
  /** Why there is no deterministic action and what to do, a sentence or more; for the error where `mode` gives none. */
  readonly withoutMode?: string;
  /** Values of actions, [rows] each, by names such as `q1`. */
  critic(networks: BoundGroups<N>, observation: Tensor, action: Tensor): Readonly<Record<Q, Tensor>>;
  /** Values of states, [rows]. */
  value?(networks: BoundGroups<N>, observation: Tensor): Tensor;
}

/** What replay keeps of an action in place of the action itself, for instance a latent from which the action is computed. */
export interface Replayed {
  /** Entries of what is kept. */
  size(sizes: Sizes): number;
  /** From actions [rows, A] to what is kept, [rows, size]. */
  ofAction(action: Tensor): Tensor;
}

/** What every algorithm's definition says, whatever it learns from. */
export interface CommonDefinition<
  N extends NetworkGroups = NetworkGroups,
  T extends CommonSettings = CommonSettings,
> {
  /** For logs, saved states and messages. */
  readonly name: string;
  readonly settings: T;
  /**
   * Checks settings against each other.
   *
   * @throws RangeError
   */
  check?(config: SettingsOf<T>): void;
  networks(sizes: Sizes, config: SettingsOf<T>): N;
  /** Further metrics of an update, from what its stages report. */
  derivedMetrics?(
    metrics: Readonly<Record<string, number>>,
    config: SettingsOf<T>,
  ): Readonly<Record<string, number>>;
  /** Warnings by name, of what an update's metrics show: these are with the derived ones. Each is given once in a run. */
  warnings?(sizes: Sizes, config: SettingsOf<T>): Readonly<Record<string, MetricWarning>>;
  /**
   * What metrics are in words, in the order of their computation: an update that gives a number that is not finite is blamed on
   * the first of them that isn't.
   */
  readonly terms?: Readonly<Record<string, string>>;
  /** Settings that set a scale, the main one first: named where numbers are too large for 32-bit floats. */
  readonly scales?: readonly (keyof T & string)[];
}

/**
 * An algorithm as its paper says it: which networks, which losses train them in which order, which targets follow, what
 * noise that takes, how it acts. All else follows from it.
 */
export interface AlgorithmDefinition<
  N extends NetworkGroups = NetworkGroups,
  T extends CommonSettings = CommonSettings,
  Q extends string = string,
> extends CommonDefinition<N, T> {
  /** `import.meta.url` of the file that exports the definition: threads import it, so nothing that trains may stand there. */
  readonly module: string;
  stages(sizes: Sizes, config: SettingsOf<T>): readonly Stage<N>[];
  acting(sizes: Sizes, config: SettingsOf<T>): Acting<N, Q>;
  /** What replay keeps of an action with these settings; undefined for the action itself. */
  replayed?(config: SettingsOf<T>): Replayed | undefined;
}

/** How an on-policy algorithm goes through a rollout. */
export interface RolloutLearning {
  /** Discount γ. */
  readonly gamma: number;
  /** λ of generalized advantage estimation. */
  readonly lambda: number;
  /** How often the whole rollout is learned from. */
  readonly epochs: number;
  /**
   * Whether no epoch follows after one.
   *
   * @param metrics of its last minibatch
   */
  stops?(metrics: Readonly<Record<string, number>>): boolean;
  /**
   * What steps of optimizers are multiplied by, where these are `scaledByState`.
   *
   * @param progress share of the run's steps that were made before the rollout, in [0, 1)
   */
  stepScale?(progress: number): number;
}

/** How an on-policy algorithm acts and judges. What it samples has a density; `replayed` is what that is of, where it isn't the action. */
export interface OnPolicyActing<N extends NetworkGroups = NetworkGroups> extends Omit<
  Acting<N>,
  'critic' | 'value' | 'sample'
> {
  sample(
    networks: BoundGroups<N>,
    observation: Tensor,
    noise: Tensor,
  ): SampledAction & Required<Pick<SampledAction, 'logProb'>>;
  /** Values of states, [rows]. */
  value(networks: BoundGroups<N>, observation: Tensor): Tensor;
}

/**
 * An algorithm that learns from what its own policy just did. Its stages run on each minibatch of `batchSize` transitions, in
 * the order of a permutation that is drawn anew for each epoch.
 */
export interface OnPolicyDefinition<
  N extends NetworkGroups = NetworkGroups,
  T extends CommonSettings = CommonSettings,
> extends CommonDefinition<N, T> {
  stages(sizes: Sizes, config: SettingsOf<T>): readonly Stage<N, RolloutInput>[];
  acting(sizes: Sizes, config: SettingsOf<T>): OnPolicyActing<N>;
  learning(config: SettingsOf<T>): RolloutLearning;
}

/** Gives a definition its types. */
export const defineAlgorithm = <N extends NetworkGroups, T extends CommonSettings, Q extends string>(
  definition: AlgorithmDefinition<N, T, Q>,
): AlgorithmDefinition<N, T, Q> => definition;

/** Gives a definition of an on-policy algorithm its types. */
export const defineOnPolicyAlgorithm = <N extends NetworkGroups, T extends CommonSettings>(
  definition: OnPolicyDefinition<N, T>,
): OnPolicyDefinition<N, T> => definition;
