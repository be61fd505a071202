import type { Comparison } from './analyse.ts';

/** Says where last evaluations are at different steps: numbers of such groups compare more than algorithms. */
export const unevenSteps = ({ environments }: Comparison): string[] =>
  environments.flatMap(({ environment, groups }) => {
    const steps = groups.flatMap((group) => group.steps);
    const [first, last] = [Math.min(...steps), Math.max(...steps)];
    return first < last
      ? [
          `${environment}: the last evaluations are at steps ${first} to ${last}; --until ${first} compares all there`,
        ]
      : [];
  });
