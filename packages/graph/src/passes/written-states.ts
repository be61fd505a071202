import { entries, resultsOf } from '../program.ts';
import type { Program } from '../program.ts';
import { topologicalOrder } from '../traverse.ts';

/** Name of an output that is the next value of a state which the program doesn't read. No program's own output begins like this. */
export const writtenName = (state: string): string => `write:${state}`;

/**
 * Gives the next values of states that a program doesn't read as outputs, which engines can write where the states are: nothing
 * is lost by that if a run fails, for the next one that ends writes them whole.
 *
 * @param mayWrite whether a state may hold what a failed run has left there
 */
export function takeWrittenStates(
  given: Program,
  mayWrite: (state: string) => boolean,
): { readonly program: Program; readonly written: readonly string[] } {
  const read = new Set(topologicalOrder(resultsOf(given)));
  const taken = entries(given.state).flatMap(([name, { value, next }]) =>
    next && mayWrite(name) && !read.has(value.node) ? [{ name, next }] : [],
  );
  const names = new Set(taken.map(({ name }) => name));
  return {
    written: [...names],
    program: {
      ...given,
      outputs: {
        ...given.outputs,
        ...Object.fromEntries(taken.map(({ name, next }) => [writtenName(name), next])),
      },
      state: Object.fromEntries(entries(given.state).filter(([name]) => !names.has(name))),
    },
  };
}
