import { format } from 'node:util';

/**
 * Does `send`, which copies `value` to another thread.
 *
 * @param name begins the error message; it goes on with the place of what can't be copied
 * @throws TypeError if something in `value` can't be copied, such as a function
 */
export function sendPlain(value: unknown, name: string, send: () => void): void {
  try {
    send();
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    throw new TypeError(
      `${culprit(value, name) ?? `${name} is no plain data`}, which can't be copied to another thread. ` +
        'Give plain data: numbers, strings, truth values, and arrays and objects of them.',
      { cause: error },
    );
  }
}

/** What a thread threw, in words. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message || String(error);
  return `it threw ${format('%s', error)}, which is no Error`;
}

/**
 * An error that other threads can read. A `DOMException` would reach them empty, and one with a function in it not at
 * all.
 */
export function portableError(error: unknown): unknown {
  if (!(error instanceof DOMException) && isPlain(error)) return error;
  const portable = new Error(messageOf(error));
  if (error instanceof Error && error.stack !== undefined) portable.stack = error.stack;
  return portable;
}

function isPlain(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

/** Where in `value` something is that can't be copied, and what it is. */
function culprit(value: unknown, place: string, seen = new Set<unknown>()): string | undefined {
  if (seen.has(value) || isPlain(value)) return undefined;
  seen.add(value);
  for (const [name, part] of Object.entries(value ?? {})) {
    const inside = culprit(part, `${place}.${name}`, seen);
    if (inside !== undefined) return inside;
  }
  if (typeof value !== 'object' || value === null) return `${place} is a ${typeof value}`;
  const kind: string = value.constructor?.name ?? 'Object';
  // What is in arrays and objects was looked at: this one comes back to one that is still being looked at.
  return kind === 'Array' || kind === 'Object' ? undefined : `${place} is of class ${kind}`;
}
