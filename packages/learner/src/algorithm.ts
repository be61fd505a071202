import { GraphError, parameterLayout } from '@meow-rl/graph';
import type { GradientTransformation, ParameterLayout, StateSpec, Tensor } from '@meow-rl/graph';
import type { Module } from '@meow-rl/nn';

import type {
  Acting,
  AlgorithmDefinition,
  BatchInput,
  CommonDefinition,
  CommonSettings,
  NetworkGroups,
  OnPolicyDefinition,
  Replayed,
  RolloutInput,
  RolloutLearning,
  Sizes,
  Stage,
} from './definition.ts';
import { resolveConfig } from './settings/index.ts';
import type { SettingsOf } from './settings/index.ts';

/** The networks that one optimizer trains, as one vector. */
export interface Group {
  readonly name: string;
  readonly module: Module<unknown>;
  readonly layout: ParameterLayout;
  readonly optimizer: GradientTransformation | undefined;
  /** Whether it has a target. */
  readonly isFollowed: boolean;
}

/** What the batches of an algorithm have, each with the axes behind its rows: none, or one of so many entries. */
export type BatchColumns = Readonly<Record<string, readonly number[]>>;

/** A definition for a task and settings: what its programs are built from. */
export interface Algorithm {
  readonly definition: CommonDefinition;
  /** Of the file that exports the definition; empty for those that threads can't import. */
  readonly module: string;
  readonly sizes: Sizes;
  readonly config: SettingsOf<CommonSettings>;
  /** Names of the settings that were given, where others have their defaults. */
  readonly given: ReadonlySet<string>;
  readonly groups: readonly Group[];
  readonly stages: readonly Stage<NetworkGroups, string>[];
  readonly columns: BatchColumns;
  readonly acting: Acting;
  /** What replay keeps of an action in its place. */
  readonly replayed: Replayed | undefined;
  /** Entries of what replay keeps of an action. */
  readonly replayedSize: number;
}

/** Names of a group's states: `critics/parameters`, `critics/target`, `critics/adam/m`. */
export const stateName = (group: string, part: string): string => `${group}/${part}`;

const zeros = (size: number): StateSpec => ({ shape: [size], initial: new Float32Array(size) });

/** The states of a group's optimizer for vectors of some length, by their whole names. */
const optimizerStates = ({ name, optimizer }: Group, size: number): Readonly<Record<string, StateSpec>> =>
  Object.fromEntries(
    Object.entries(optimizer?.init(size) ?? {}).map(([part, spec]) => [stateName(name, part), spec]),
  );

/** All states of a group, with vectors of some length: the whole, or a share of it. */
export const groupStates = (group: Group, size = group.layout.size): Readonly<Record<string, StateSpec>> => ({
  [stateName(group.name, 'parameters')]: zeros(size),
  ...(group.isFollowed && { [stateName(group.name, 'target')]: zeros(size) }),
  ...optimizerStates(group, size),
});

/** Everything that training changes: parameters, targets and the optimizers' states of all groups. */
export const algorithmStates = ({ groups }: Algorithm): Readonly<Record<string, StateSpec>> =>
  Object.assign({}, ...groups.map((group) => groupStates(group)));

/** A group's states of an optimizer, taken out of all states under the optimizer's own names. */
export const optimizerTensors = (
  group: Group,
  state: Readonly<Record<string, Tensor>>,
): Record<string, Tensor> =>
  Object.fromEntries(
    Object.keys(group.optimizer?.init(0) ?? {}).flatMap((part) => {
      const tensor = state[stateName(group.name, part)];
      return tensor ? [[part, tensor]] : [];
    }),
  );

/** The group of a name. */
export function groupOf({ groups, definition }: Algorithm, name: string): Group {
  const group = groups.find((candidate) => candidate.name === name);
  if (group) return group;
  const known = groups.map((candidate) => candidate.name).join(', ');
  throw new GraphError(`${definition.name}: there is no group of networks ${name}. It has ${known}.`);
}

const trainsGroup = ({ trains }: Stage<NetworkGroups, string>, group: string): boolean =>
  trains[group] !== undefined;

/**
 * Fills in the settings and puts together what a definition says for a task.
 *
 * @throws RangeError for settings out of range; GraphError for a definition that contradicts itself
 */
export function resolveAlgorithm<N extends NetworkGroups, T extends CommonSettings, Q extends string>(
  typed: AlgorithmDefinition<N, T, Q>,
  sizes: Sizes,
  options: Partial<SettingsOf<T>> = {},
): Algorithm {
  const config: SettingsOf<CommonSettings> = configFor(typed, sizes, options);
  const definition: AlgorithmDefinition = typed;
  const replayed = definition.replayed?.(config);
  const replayedSize = replayed?.size(sizes) ?? sizes.actionSize;
  const stages = definition.stages(sizes, config);
  const columns: Record<BatchInput, readonly number[]> = {
    observation: [sizes.observationSize],
    nextObservation: [sizes.observationSize],
    action: [replayedSize],
    reward: [],
    discount: [],
    weight: [],
  };
  return {
    definition,
    module: definition.module,
    sizes,
    config,
    given: new Set(Object.keys(options)),
    groups: groupsOf(definition, stages, definition.networks(sizes, config)),
    stages,
    columns,
    acting: definition.acting(sizes, config),
    replayed,
    replayedSize,
  };
}

/** An on-policy algorithm, with how it goes through rollouts. */
export interface OnPolicyAlgorithm extends Algorithm {
  readonly learning: RolloutLearning;
}

/** As {@link resolveAlgorithm}, of an on-policy algorithm. */
export function resolveOnPolicyAlgorithm<N extends NetworkGroups, T extends CommonSettings>(
  typed: OnPolicyDefinition<N, T>,
  sizes: Sizes,
  options: Partial<SettingsOf<T>> = {},
): OnPolicyAlgorithm {
  const config: SettingsOf<CommonSettings> = configFor(typed, sizes, options);
  const definition: OnPolicyDefinition = typed;
  const stages = definition.stages(sizes, config);
  const acting = definition.acting(sizes, config);
  const columns: Record<RolloutInput, readonly number[]> = {
    observation: [sizes.observationSize],
    action: [sizes.actionSize],
    logProb: [],
    value: [],
    advantage: [],
    return: [],
  };
  return {
    definition,
    module: '',
    sizes,
    config,
    given: new Set(Object.keys(options)),
    groups: groupsOf(definition, stages, definition.networks(sizes, config)),
    stages,
    columns,
    // Of an action it knows what its state is worth.
    acting: {
      ...acting,
      critic: (networks, observation) => ({ value: acting.value(networks, observation) }),
    },
    replayed: undefined,
    replayedSize: sizes.actionSize,
    learning: definition.learning(config),
  };
}

function configFor<N extends NetworkGroups, T extends CommonSettings>(
  definition: CommonDefinition<N, T>,
  sizes: Sizes,
  options: Partial<SettingsOf<T>>,
): SettingsOf<T> {
  const config = resolveConfig(definition, options);
  for (const key of ['observationSize', 'actionSize'] as const)
    if (!Number.isSafeInteger(sizes[key]) || sizes[key] < 1)
      throw new RangeError(
        `${definition.name}: ${key} is ${sizes[key]}, expected a whole number >= 1. Give the entries of one row.`,
      );
  return config;
}

function groupsOf(
  definition: CommonDefinition,
  stages: readonly Stage<NetworkGroups, string>[],
  networks: NetworkGroups,
): readonly Group[] {
  if (!Array.isArray(stages) || stages.length === 0)
    throw new GraphError(`${definition.name}: it has no stages. Give a list of at least one.`);
  for (const stage of stages) checkStage(definition.name, stage, networks);
  const groups = Object.entries(networks).map(([name, module]): Group => {
    const trainers = stages.filter((stage) => trainsGroup(stage, name));
    if (trainers.length > 1)
      throw new GraphError(
        `${definition.name}: ${trainers.length} stages train ${name}. Let one stage do it.`,
      );
    if (stages.filter(({ targets }) => targets?.[name] !== undefined).length > 1)
      throw new GraphError(
        `${definition.name}: two stages have the target of ${name} follow. Let one stage do it.`,
      );
    return {
      name,
      module,
      layout: parameterLayout(module.parameters),
      optimizer: trainers[0]?.trains[name],
      isFollowed: stages.some(({ targets }) => targets?.[name] !== undefined),
    };
  });
  const names = groups.flatMap(({ layout }) => layout.specs.map(({ name }) => name));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new GraphError(
      `${definition.name}: two groups have a parameter ${twice}. Give each network a name of its own.`,
    );
  return groups;
}

function checkStage(
  name: string,
  { trains, targets = {}, every = 1, dropout }: Stage<NetworkGroups, string>,
  networks: NetworkGroups,
): void {
  if (typeof trains !== 'object')
    throw new GraphError(
      `${name}: trains of a stage is ${String(trains)}, expected optimizers by group. Give {} for none.`,
    );
  if (dropout && !(dropout.rate > 0 && dropout.rate < 1))
    throw new GraphError(
      `${name}: the dropout rate of a stage is ${dropout.rate}, expected a number above 0 and below 1. Leave dropout out to drop nothing.`,
    );
  const unknown = [...Object.keys(trains), ...Object.keys(targets)].find(
    (group) => !Object.hasOwn(networks, group),
  );
  if (unknown !== undefined)
    throw new GraphError(
      `${name}: a stage trains or follows ${unknown}, which is no group. It has ${Object.keys(networks).join(', ')}.`,
    );
  const [idle] =
    Object.entries(trains).find(([, optimizer]) => typeof optimizer?.update !== 'function') ?? [];
  if (idle !== undefined)
    throw new GraphError(
      `${name}: a stage trains ${idle} without an optimizer. Give one, such as adam({ learningRate }), or leave ${idle} out.`,
    );
  for (const [group, tau] of Object.entries(targets))
    if (!(typeof tau === 'number' && tau > 0 && tau <= 1))
      throw new GraphError(
        `${name}: the target of ${group} follows at rate ${String(tau)}, expected a number above 0 and up to 1.`,
      );
  if (!Number.isInteger(every) || every < 1)
    throw new GraphError(`${name}: every of a stage is ${every}, expected a whole number of updates >= 1.`);
}
