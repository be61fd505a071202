import { closeAll } from './close-all.ts';
import { describeValue } from './describe-value.ts';
import type { Env } from './env.ts';
import type { ResumableEnv } from './env-state.ts';
import { prepareEnv } from './prepare-env.ts';
import { requireEnv } from './require-env.ts';

/** Makes environments of one kind that no registry lists. */
export interface EnvFactory {
  /** Makes one, without a time limit. */
  create(options?: object): Promise<Env>;
  /** Steps after which an episode is truncated unless the caller says otherwise; undefined if the module doesn't say. */
  readonly maxSteps: number | undefined;
}

/**
 * The environments that a module's export makes: a function that gives an `Env` or promises one, or such a function with a
 * time limit, `{ create, maxSteps }`.
 *
 * @param exported what `import()` gave
 * @param module   names the module in messages
 * @throws TypeError if the export isn't there or is something else; `create` throws if the export does, gives what isn't an
 * `Env`, or gives the same one twice
 */
export function envFactoryOf(exported: object, exportName: string, module: string): EnvFactory {
  const where = `${exportName} of ${module}`;
  if (!Object.hasOwn(exported, exportName)) {
    const names = Object.keys(exported);
    throw new TypeError(
      `${module} has no export ${exportName}. ` +
        (names.length > 0
          ? `It exports ${names.join(', ')}.`
          : `Export a function that makes the environment.`),
    );
  }
  const { make, maxSteps } = makerOf(Reflect.get(exported, exportName), where);
  return {
    maxSteps,
    async create(options) {
      const env = requireEnv(await called(make, options, where), where);
      // Training and evaluation in one environment would go on with each other's episodes.
      if (made.has(env))
        throw new TypeError(`${where} gave the same environment twice. Make a new one at every call.`);
      made.add(env);
      return env;
    },
  };
}

/** Options of {@link makeFactoryEnvs}. */
export interface FactoryEnvOptions {
  /** Default: what the factory says, else never. */
  readonly maxSteps?: number | undefined;
  /** See {@link prepareEnv}. Default: false. */
  readonly rescaleActions?: boolean;
  /** See {@link prepareEnv}. Default: false. */
  readonly restsAfterEpisode?: boolean;
  /** Passed on to the factory. */
  readonly options?: object | undefined;
}

/** Makes several environments of a factory, one after the other. If one can't be made, those before it are closed. */
export async function makeFactoryEnvs(
  factory: EnvFactory,
  count: number,
  {
    maxSteps = factory.maxSteps ?? Number.POSITIVE_INFINITY,
    rescaleActions = false,
    restsAfterEpisode = false,
    options,
  }: FactoryEnvOptions,
): Promise<ResumableEnv[]> {
  const envs: ResumableEnv[] = [];
  try {
    while (envs.length < count)
      envs.push(prepareEnv(await factory.create(options), { maxSteps, rescaleActions, restsAfterEpisode }));
    return envs;
  } catch (error) {
    closeAll(envs);
    throw error;
  }
}

// Whoever made it: importing a module twice gives the same one.
const made = new WeakSet<Env>();

type Make = (options?: object) => unknown;

function makerOf(value: unknown, where: string): { make: Make; maxSteps: number | undefined } {
  if (isMake(value)) return { make: value, maxSteps: undefined };
  if (typeof value === 'object' && value !== null) {
    const create: unknown = Reflect.get(value, 'create');
    const maxSteps: unknown = Reflect.get(value, 'maxSteps');
    if (isMake(create)) {
      if (maxSteps === undefined || isLimit(maxSteps))
        return { make: (options) => create.call(value, options), maxSteps };
      throw new TypeError(
        `${where}: maxSteps is ${String(maxSteps)}, expected a positive integer. ` +
          'Give the steps after which an episode is cut off: evaluation plays whole ones.',
      );
    }
  }
  throw new TypeError(
    `${where} is ${describeValue(value)}, expected a function that gives an Env, or { create, maxSteps }. ` +
      'Export () => createEnv({ … }).',
  );
}

const isMake = (value: unknown): value is Make => typeof value === 'function';

const isLimit = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value > 0;

async function called(make: Make, options: object | undefined, where: string): Promise<unknown> {
  try {
    return await make(options);
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
    throw new Error(`${where} failed: ${reason}.`, { cause: error });
  }
}
