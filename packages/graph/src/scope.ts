let current = '';

/** Name of the module that makes nodes now; empty outside of all. */
export const currentScope = (): string => current;

/**
 * Builds a part of a graph. Its nodes keep the name, by which files and drawings show what made them.
 *
 * @param name as the parameters' of the module: `coupling0.0`. Inside of another scope it counts alone.
 */
export function inScope<T>(name: string, build: () => T): T {
  const before = current;
  current = name;
  try {
    return build();
  } finally {
    current = before;
  }
}

/** A function whose nodes are made in a scope. */
export const scoped =
  <A extends readonly unknown[], T>(name: string, build: (...given: A) => T): ((...given: A) => T) =>
  (...given) =>
    inScope(name, () => build(...given));
