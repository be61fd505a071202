import { unknownName } from '../cli/unknown-name.ts';
import type { Algorithm } from './algorithm.ts';
import { ddpg } from './ddpg.ts';
import { meow } from './meow.ts';
import { ppo } from './ppo.ts';
import { sac } from './sac.ts';
import { sql } from './sql.ts';
import { td3 } from './td3.ts';

/** All algorithms, that of `--algo` left out first. */
export const ALGORITHMS: readonly Algorithm[] = [meow, sac, td3, ddpg, sql, ppo];

/** The algorithm of `--algo` left out. */
export const DEFAULT_ALGORITHM = meow.name;

/**
 * The algorithm of a name.
 *
 * @throws UsageError with those that there are
 */
export function algorithmNamed(name: string): Algorithm {
  const algorithm = ALGORITHMS.find((known) => known.name === name);
  if (algorithm) return algorithm;
  throw unknownName(
    'algorithm',
    name,
    ALGORITHMS.map((known) => known.name),
  );
}
