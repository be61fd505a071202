import { unknownName } from '../cli/unknown-name.ts';
import { UsageError } from '../cli/errors.ts';

/** Algorithms of this project that race. */
const OURS = ['meow', 'sac', 'td3'] as const;

/** Those that `peers/race.py` trains. */
const PEERS = [
  'authors-meow',
  'cleanrl-sac',
  'cleanrl-td3',
  'sb3-sac',
  'sb3-td3',
  'sbx-sac',
  'sbx-td3',
] as const;

export const CONTESTANTS: readonly string[] = [...OURS, ...PEERS];

/** Those that race where nobody says. */
export const USUAL_CONTESTANTS: readonly string[] = CONTESTANTS.filter(
  (name) => name !== 'authors-meow' && name !== 'sb3-td3' && name !== 'sbx-td3',
);

const peers: ReadonlySet<string> = new Set(PEERS);

/** Whether a contestant runs in Python. */
export const isPeer = (contestant: string): boolean => peers.has(contestant);

/**
 * Throws unless all contestants are known and none is named twice.
 *
 * @throws UsageError naming the first that isn't
 */
export function checkContestants(names: readonly string[]): void {
  for (const [i, name] of names.entries()) {
    if (!CONTESTANTS.includes(name)) throw unknownName('contestant', name, CONTESTANTS);
    if (names.indexOf(name) < i)
      throw new UsageError(
        `contestant ${name} is named twice`,
        'Name each once; --seeds runs it several times.',
      );
  }
}
