import { z } from 'zod';

import { mergeConfig, parseSettings, readWholeConfig, type RawConfig } from '../cli/config-file.ts';
import { UsageError } from '../cli/errors.ts';
import * as is from '../cli/settings.ts';
import type { ValuesOf } from '../cli/settings.ts';
import { distributionSchema } from './distribution.ts';

/** A setting that only a file has. */
const inFile = <S extends z.ZodType>(schema: S, expected: string, description: string) => ({
  kind: 'word' as const,
  placeholder: 'value',
  description,
  expected,
  holds: (value: unknown): value is z.output<S> => schema.safeParse(value).success,
});

const seed = z.int().nonnegative();
const settings = z.record(z.string(), z.unknown());

/** What a group of trials consists of. */
const groupTree = is.defineSettings({
  name: is.word('name of the group, which its folders begin with', { absent: 'none' }),
  algorithms: is.words('algorithms', 'names', { absent: 'an error' }),
  environments: is.words('environments, as train takes them with --env', 'names', { absent: 'an error' }),
  seeds: {
    ...inFile(
      z.union([z.int().positive(), z.array(seed).nonempty()]),
      'a number of seeds, which then are 0, 1, 2 and so on, or a list such as [3, 7]',
      'seeds of each algorithm, environment and variant',
    ),
    default: 1,
  },
  cores: is.positiveInteger('cores that a trial takes', { absent: 'as many as it has threads' }),
  settings: {
    ...inFile(settings, 'one "name: value" per line below it', 'settings of train, of all trials'),
    default: {},
  },
  grid: {
    ...inFile(
      z.record(z.string(), z.array(z.unknown()).nonempty()),
      'a list of values per setting, such as agent.learningRate: [1e-3, 3e-4]',
      'values of which each goes with each of the others',
    ),
    default: {},
  },
  list: {
    ...inFile(
      z.array(settings).nonempty(),
      'a list of settings, such as - agent: { shifts: 1 }, each with a name if you like',
      'variants one by one',
    ),
    default: [{}],
  },
  random: {
    trials: is.positiveInteger('variants that are drawn', { absent: 'none' }),
    seed: is.wholeNumber('seed that they are drawn with', { default: 0 }),
    settings: {
      ...inFile(
        z.record(z.string(), distributionSchema),
        'per setting one of { uniform: [low, high] }, { logUniform: [low, high] } with 0 < low, { integer: [low, high] }, all with low < high and finite, and { choice: [values] }',
        'what is drawn',
      ),
      default: {},
    },
  },
});

const rayTree = is.defineSettings({
  address: is.word('address of the dashboard', {
    absent: 'RAY_API_SERVER_ADDRESS, RAY_ADDRESS or http://127.0.0.1:8265',
  }),
  app: is.word(
    'folder of the app on all nodes, such as /shared/app, with node_modules/@meow-rl/bench in it',
    {
      absent: 'the program that is running, where it is here',
    },
  ),
  upload: is.word('folder of the app here, which Ray brings to the nodes instead (runtime_env)', {
    absent: 'nothing is brought',
  }),
  node: is.word('Node on the nodes', { default: 'node' }),
  environmentVariables: {
    ...inFile(
      z.record(z.string(), z.string()),
      'one "NAME: text" per line below it',
      'environment variables of the trials',
    ),
    default: {},
  },
});

const { name: _ofGroups, ...sharedTree } = groupTree;

const sweepTree = is.defineSettings({
  out: is.word('folder of the sweep, in which each trial has a folder', {
    absent: 'runs/<name of the file>',
  }),
  ray: rayTree,
  ...sharedTree,
  groups: {
    ...inFile(z.array(settings).nonempty(), 'a list of groups', 'groups of trials'),
    default: [{}],
  },
});

/** A group of trials: algorithms × environments × seeds × variants. */
export type Group = ValuesOf<typeof groupTree> &
  Required<Pick<ValuesOf<typeof groupTree>, 'algorithms' | 'environments'>>;

/** How trials get onto a Ray cluster. */
export type RayOptions = ValuesOf<typeof rayTree>;

/** A sweep as it was written. */
export interface SweepDefinition {
  /** Where it was written, for messages. */
  readonly source: string;
  /** Folder of the sweep. */
  readonly out: string;
  readonly ray: RayOptions;
  readonly groups: readonly Group[];
}

/** Settings that the keys of a group give. */
const GIVEN_BY = {
  algo: 'algorithms',
  env: 'environments',
  seed: 'seeds',
  out: 'out',
} as const;

/**
 * Checks a sweep. What stands at the top holds for all groups, and a group's own goes over it.
 *
 * @param raw as `sweep.yaml` has it
 * @param source where it was written, for messages
 * @param out its folder where it names none
 * @throws UsageError naming what is wrong and what was expected
 */
export function parseSweep(raw: RawConfig, source: string, out: string): SweepDefinition {
  checkKeys(raw, source);
  const sweep = parseSettings(sweepTree, raw, source);
  const shared = Object.fromEntries(Object.entries(raw).filter(([key]) => Object.hasOwn(sharedTree, key)));
  if (sweep.ray.app !== undefined && sweep.ray.upload !== undefined)
    throw new UsageError(
      `${source}: ray.app says that the app is on the nodes, and ray.upload brings it there`,
      'Give one of them.',
    );
  const groups = sweep.groups.map((group, index) => {
    const where = raw['groups'] === undefined ? source : `${source}, group ${index + 1}`;
    checkKeys(group, where);
    return checkedGroup(parseSettings(groupTree, mergeConfig(shared, group), where), where);
  });
  return { source, out: sweep.out ?? out, ray: sweep.ray, groups };
}

/** A setting of train that stands where there are several. */
function checkKeys(raw: RawConfig, where: string): void {
  for (const name of ['algo', 'env', 'seed'] as const)
    if (Object.hasOwn(raw, name))
      throw new UsageError(`${where}: unknown setting ${name}`, `Did you mean ${GIVEN_BY[name]}?`);
}

function checkedGroup(group: ValuesOf<typeof groupTree>, where: string): Group {
  const { algorithms, environments, list, grid, random } = group;
  if (!algorithms || !environments)
    throw new UsageError(
      `${where}: there are no ${algorithms ? 'environments' : 'algorithms'} to make trials of`,
      'Give a list, such as algorithms: [meow, sac] and environments: [HalfCheetah-v5].',
    );
  const draws = Object.keys(random.settings);
  const written = [group.settings, grid, random.settings, ...list].flatMap((of) => Object.keys(of));
  for (const name of written)
    if (Object.hasOwn(GIVEN_BY, name))
      throw new UsageError(
        `${where}: ${name} can't be among the settings of trials`,
        `Say it with ${GIVEN_BY[name as keyof typeof GIVEN_BY]}.`,
      );
  for (const { name } of list)
    if (name !== undefined && (typeof name !== 'string' || name === ''))
      throw new UsageError(
        `${where}: the name of an entry of list can't be ${JSON.stringify(name)}`,
        'Give a text, or leave it out.',
      );
  if (random.trials === undefined && draws.length > 0)
    throw new UsageError(`${where}: random doesn't say how many variants`, 'Give random.trials.');
  if (random.trials !== undefined && draws.length === 0)
    throw new UsageError(
      `${where}: random.trials is ${random.trials}, and nothing is to be drawn`,
      'Give random.settings, such as agent.learningRate: { logUniform: [1e-4, 1e-2] }.',
    );
  return { ...group, algorithms, environments };
}

/**
 * Reads a sweep from a YAML or JSON file.
 *
 * @throws UsageError naming what is wrong and what was expected
 */
export async function readSweep(path: string, out: string): Promise<SweepDefinition> {
  // By the `yaml` package, as all settings are: it knows the line of a mistake, and keys that are there twice.
  return parseSweep(await readWholeConfig(path, 'sweep'), path, out);
}
