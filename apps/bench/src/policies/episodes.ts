import type { EvaluationResult } from '@meow-rl/train';

/** An evaluation as logs keep it; those of older versions don't say how episodes ended. */
type Ends = Partial<Pick<EvaluationResult, 'terminated'>>;

/** How each episode of an evaluation ended; nothing where the log doesn't say. */
export const endingsOf = ({ terminated = [] }: Ends): ('terminated' | 'truncated')[] =>
  terminated.map((ended) => (ended ? 'terminated' : 'truncated'));

/** How many episodes of an evaluation ended in which way; undefined where the log doesn't say. */
export function countEndings(evaluation: Ends): { terminated: number; truncated: number } | undefined {
  const endings = endingsOf(evaluation);
  if (endings.length === 0) return undefined;
  const terminated = endings.filter((ending) => ending === 'terminated').length;
  return { terminated, truncated: endings.length - terminated };
}

/** `3 terminated, 7 truncated` */
export function formatEndings(evaluation: Ends): string {
  const counts = countEndings(evaluation);
  return counts ? `${counts.terminated} terminated, ${counts.truncated} truncated` : 'endings unknown';
}

/** `812.41 ± 3.20`: mean and standard deviation of the episodes; the mean alone of one. */
export const formatReturn = (
  { mean, standardDeviation, returns }: Pick<EvaluationResult, 'mean' | 'standardDeviation' | 'returns'>,
  digits = 1,
): string =>
  returns.length === 1
    ? mean.toFixed(digits)
    : `${mean.toFixed(digits)} ± ${standardDeviation.toFixed(digits)}`;
