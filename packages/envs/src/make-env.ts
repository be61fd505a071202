import type { Env } from './env.ts';
import type { ResumableEnv } from './env-state.ts';
import { multiGoal } from './multi-goal.ts';
import { pendulum } from './pendulum.ts';
import { prepareEnv } from './prepare-env.ts';

/** How to make one kind of environment. */
export interface EnvSpec {
  /** Makes it, without a time limit. `options` come from outside, so it has to check them. */
  create(options?: object): Env;
  /** Steps after which an episode is truncated unless the caller says otherwise; `Infinity` for never. */
  readonly maxSteps: number;
}

/** Environments by id. To add some, spread: `{ ...builtinEnvs, ...mujocoEnvs }`. */
export type EnvRegistry = Readonly<Record<string, EnvSpec>>;

/** The environments of this package. */
export const builtinEnvs: EnvRegistry = Object.freeze({
  'MultiGoal-v0': { create: (options: object = {}) => multiGoal(options), maxSteps: 200 },
  'Pendulum-v1': { create: (options: object = {}) => pendulum(options), maxSteps: 200 },
});

/** Options of {@link makeEnv}. */
export interface MakeEnvOptions {
  /** Default: {@link builtinEnvs}. */
  readonly registry?: EnvRegistry;
  /** Steps after which an episode is truncated, `Infinity` for never. Default: what the registry says. */
  readonly maxSteps?: number;
  /** Whether actions are given in [-1, 1] and mapped to the environment's bounds, as agents do. Default: false. */
  readonly rescaleActions?: boolean;
  /** See {@link prepareEnv}. Default: false. */
  readonly restsAfterEpisode?: boolean;
  /** Passed on to the environment's own factory. */
  readonly options?: object;
}

/**
 * Makes the environment named `id`, with its time limit.
 *
 * The registry is an argument instead of a global table, so that importing a package never changes what an id means.
 *
 * @throws RangeError for an id that isn't in the registry, listing those that are, or for what {@link prepareEnv} refuses
 */
export function makeEnv(
  id: string,
  {
    registry = builtinEnvs,
    maxSteps,
    rescaleActions = false,
    restsAfterEpisode = false,
    options,
  }: MakeEnvOptions = {},
): ResumableEnv {
  const spec = Object.hasOwn(registry, id) ? registry[id] : undefined;
  if (!spec) {
    throw new RangeError(
      `makeEnv: environment "${id}" is unknown. Known ones: ${Object.keys(registry).join(', ')}. ` +
        'To add others, give registry: { ...builtinEnvs, ...yours }.',
    );
  }
  return prepareEnv(spec.create(options), {
    maxSteps: maxSteps ?? spec.maxSteps,
    rescaleActions,
    restsAfterEpisode,
  });
}
