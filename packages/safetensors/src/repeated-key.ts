/** Strings, and what opens and closes; the colon after a key is taken with it. */
const TOKENS = /"(?:[^"\\]|\\.)*"\s*:?|[{}[\]]/gu;

/** A key that an object of a JSON text has twice, of which `JSON.parse` gives the last; undefined if there is none. */
export function repeatedKey(json: string): string | undefined {
  const objects: Set<string>[] = [];
  for (const [token] of json.matchAll(TOKENS)) {
    if (token === '{' || token === '[') objects.push(new Set());
    else if (token === '}' || token === ']') objects.pop();
    else if (token.endsWith(':')) {
      // Escapes are resolved: "a" and "\u0061" are one key.
      const key = String(JSON.parse(token.slice(0, token.lastIndexOf('"') + 1)));
      const keys = objects.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return undefined;
}
