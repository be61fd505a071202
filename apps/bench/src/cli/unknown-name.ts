import { UsageError } from './errors.ts';
import { nearest } from './suggest.ts';

/**
 * The error for a name that isn't among the known ones.
 *
 * @param others what else may be named, after the known ones
 */
export function unknownName(what: string, name: string, known: readonly string[], others = ''): UsageError {
  const close = nearest(name, known);
  return new UsageError(
    `there is no ${what} ${name}`,
    `${close === undefined ? '' : `Did you mean ${close}? `}Known: ${known.join(', ')}${others}.`,
  );
}
