import { decodeModel, serialize, lower } from '@meow-rl/graph';
import type { Program, LowerOptions } from '@meow-rl/graph';
import { z } from 'zod';

/** Parts of an update, in the order in which they are computed. */
export const PHASES = ['target', 'forward', 'backward', 'optimizer'] as const;
export type Phase = (typeof PHASES)[number];

/** The outputs that are the last thing a phase computes. What none of these needs is backward: the optimizer is a step. */
const LAST_OF_PHASE: readonly (readonly [Phase, RegExp])[] = [
  ['target', /^meanTarget$/],
  ['forward', /loss$/i],
];

/**
 * The phase of each ONNX node of a program of an update, by what the outputs depend on: a node belongs to the first phase whose last
 * output needs it. No labels in the graph, so rewriting it can lose none.
 */
export function phasesOf(program: Program, options: LowerOptions = {}): ReadonlyMap<string, Phase> {
  const { node: nodes = [] } = decodeModel(serialize(lower(program, options).engine)).graph ?? {};
  const maker = new Map(nodes.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const phases = new Map<string, Phase>();
  for (const [phase, isLast] of LAST_OF_PHASE) {
    const pending = Object.keys(program.outputs).filter((output) => isLast.test(output));
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      const node = maker.get(name);
      if (!node || phases.has(node.name)) continue;
      phases.set(node.name, phase);
      pending.push(...node.input);
    }
  }
  for (const { name } of nodes) if (!phases.has(name)) phases.set(name, 'backward');
  return phases;
}

/** Milliseconds per run of an operator in a phase. */
export interface ProfileRow {
  /** `unknown` for a node that the engine made of several, or of its own. */
  readonly phase: Phase | 'unknown';
  readonly operator: string;
  readonly nodes: number;
  readonly milliseconds: number;
}

/** What is read of onnxruntime's profile: durations in microseconds. */
const eventsSchema = z.array(
  z.object({
    cat: z.string().optional(),
    name: z.string(),
    dur: z.number().default(0),
    args: z.object({ op_name: z.string().optional() }).optional(),
  }),
);

const KERNEL = '_kernel_time';

/** Sums a profile of onnxruntime by phase and operator, largest first. */
export function summarizeProfile(
  json: unknown,
  phases: ReadonlyMap<string, Phase>,
  runs: number,
): ProfileRow[] {
  const rows = new Map<
    string,
    { phase: ProfileRow['phase']; operator: string; nodes: Set<string>; total: number }
  >();
  for (const { cat, name, dur, args } of eventsSchema.parse(json)) {
    if (cat !== 'Node' || !name.endsWith(KERNEL)) continue;
    const node = name.slice(0, -KERNEL.length);
    const phase = phases.get(node) ?? 'unknown';
    const operator = args?.op_name ?? 'unknown';
    const key = `${phase} ${operator}`;
    const row = rows.get(key) ?? { phase, operator, nodes: new Set<string>(), total: 0 };
    row.nodes.add(node);
    row.total += dur;
    rows.set(key, row);
  }
  return [...rows.values()]
    .map(({ phase, operator, nodes, total }) => ({
      phase,
      operator,
      nodes: nodes.size,
      milliseconds: total / 1000 / runs,
    }))
    .toSorted((a, b) => b.milliseconds - a.milliseconds);
}

/** Rows of several programs, those of the same operator and phase added up, largest first. */
export function addUp(rows: readonly ProfileRow[]): ProfileRow[] {
  const sums = new Map<string, ProfileRow>();
  for (const row of rows) {
    const key = `${row.phase} ${row.operator}`;
    const { nodes, milliseconds } = sums.get(key) ?? { nodes: 0, milliseconds: 0 };
    sums.set(key, { ...row, nodes: nodes + row.nodes, milliseconds: milliseconds + row.milliseconds });
  }
  return [...sums.values()].toSorted((a, b) => b.milliseconds - a.milliseconds);
}

/** Adds up rows that agree in something. */
export function sumBy(rows: readonly ProfileRow[], key: 'phase' | 'operator'): [string, number][] {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(row[key], (sums.get(row[key]) ?? 0) + row.milliseconds);
  return [...sums].toSorted((a, b) => b[1] - a[1]);
}
