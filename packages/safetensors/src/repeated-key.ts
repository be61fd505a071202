/** A key that an object of a valid JSON text has twice, of which `JSON.parse` gives the last; undefined if there is none. */
export function repeatedKey(json: string): string | undefined {
  const objects: Set<string>[] = [];
  let at = 0;
  while (at < json.length) {
    const begin = at;
    const char = json[begin];
    at = char === '"' ? endOfString(json, begin) : begin + 1;
    if (char === '{' || char === '[') objects.push(new Set());
    else if (char === '}' || char === ']') objects.pop();
    else if (char === '"' && isBeforeColon(json, at)) {
      // Escapes are resolved: "a" and "\u0061" are one key.
      const key = String(JSON.parse(json.slice(begin, at)));
      const keys = objects.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return undefined;
}

/** Not by a regular expression, whose stack long strings overflow. */
function endOfString(json: string, begin: number): number {
  let end = begin;
  do end = json.indexOf('"', end + 1);
  while (isEscaped(json, end));
  return end + 1;
}

function isEscaped(json: string, at: number): boolean {
  let before = at;
  while (json[before - 1] === '\\') before -= 1;
  return (at - before) % 2 === 1;
}

function isBeforeColon(json: string, at: number): boolean {
  const colon = /\s*:/y;
  colon.lastIndex = at;
  return colon.test(json);
}
