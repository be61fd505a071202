import { isPair, isScalar, LineCounter, parseDocument, visit, YAMLMap } from 'yaml';

/** A key that a text has twice in one place. */
export interface RepeatedKey {
  /** With the keys that it lies below, as in `agent.alpha`. */
  readonly path: string;
  readonly line: number;
  readonly firstLine: number;
}

/** The first key that an object of a JSON or YAML text has twice; undefined if there is none. */
export function repeatedKey(text: string): RepeatedKey | undefined {
  const lineCounter = new LineCounter();
  // JSON is YAML as far as keys go, and this parser looks at all of them.
  const document = parseDocument(text, { lineCounter });
  const problem = document.errors.find(({ code }) => code === 'DUPLICATE_KEY');
  if (!problem) return undefined;
  const [at] = problem.pos;
  const lineAt = (offset: number): number => lineCounter.linePos(offset).line;
  let repeated: RepeatedKey | undefined;
  visit(document, {
    Pair: (_, { key }, ancestors) => {
      const map = ancestors.at(-1);
      if (!isScalar(key) || key.range?.[0] !== at || !(map instanceof YAMLMap)) return undefined;
      const first = map.items.find((pair) => isScalar(pair.key) && pair.key.value === key.value);
      const above = ancestors.flatMap((node) => (isPair(node) ? [String(node.key)] : []));
      const offset = isScalar(first?.key) ? first.key.range?.[0] : undefined;
      repeated = {
        path: [...above, String(key.value)].join('.'),
        line: lineAt(at),
        firstLine: lineAt(offset ?? at),
      };
      return visit.BREAK;
    },
  });
  return repeated;
}
