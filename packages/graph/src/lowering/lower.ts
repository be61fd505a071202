import { fuse } from './fusion/fuse.ts';
import { entries, resultsOf } from '../program.ts';
import type { Program } from '../program.ts';
import { overlap } from '../shared-vector.ts';
import type { SharedVector } from '../shared-vector.ts';
import { planSteps } from './fused-update/plan.ts';
import type { StepPlan } from './fused-update/plan.ts';
import { topologicalOrder } from '../topological-order.ts';
import { takeViews } from './views.ts';
import type { HostView } from './views.ts';
import { optimize } from '../rewrite/optimize.ts';
import { transposedProduct } from './products/transposed-products.ts';
import { withProducts } from './products/with-products.ts';
import { applyRules } from '../rewrite/rewrite.ts';
import { scatterResults } from './scattered-results.ts';
import type { ScatteredResult } from './scattered-results.ts';

/** A program as runtimes of onnxruntime run it. */
export interface LoweredProgram {
  /** What the engine is given. */
  readonly engine: Program;
  /** The inputs of that which the host fills by itself. */
  readonly views: readonly HostView[];
  /** The outputs and next states that it gives in parts. */
  readonly scattered: readonly ScatteredResult[];
  /** What follows the engine's part, outside of it. */
  readonly steps: readonly StepPlan[];
  /** The states in shared memory to which the engine can write while it runs, as the program reads nothing there. */
  readonly written: ReadonlySet<string>;
}

export interface LowerOptions {
  /** Whether the engine has the fused operator, and takes and gives parts of vectors without a copy; default false. */
  readonly fuses?: boolean;
  /** Fewer operations than this are left to the engine where it fuses; default 2, or 1 where it multiplies too, which can then do without them. */
  readonly smallest?: number | undefined;
  /** Whether it has the operator for products too; default false. */
  readonly multiplies?: boolean;
  /** Where states lie in memory that threads share, by their names; default: nowhere. */
  readonly shared?: Readonly<Record<string, SharedVector>>;
}

/** The states in shared memory where a program reads nothing. */
function unreadStates(program: Program, shared: Readonly<Record<string, SharedVector>>): ReadonlySet<string> {
  const nodes = new Set(topologicalOrder(resultsOf(program)));
  const read = entries(program.state).flatMap(([name, { value }]) => {
    const vector = shared[name];
    return vector && nodes.has(value.node) ? [vector] : [];
  });
  return new Set(
    entries(shared).flatMap(([name, vector]) => (read.some((other) => overlap(vector, other)) ? [] : [name])),
  );
}

const sharedVectorsOf = ({ vectors }: StepPlan, shared: Readonly<Record<string, SharedVector>>) =>
  vectors.map((vector) => ('state' in vector ? shared[vector.state] : undefined));

/**
 * Whether a step can work where its states lie: all its vectors in one memory that threads share, or none of them, and none
 * where another step works.
 */
const fitsIn =
  (shared: Readonly<Record<string, SharedVector>>) =>
  (step: StepPlan, others: readonly StepPlan[]): boolean => {
    const vectors = sharedVectorsOf(step, shared);
    const [first] = vectors;
    if (vectors.some((vector) => vector?.memory !== first?.memory)) return false;
    const taken = others.flatMap((other) => sharedVectorsOf(other, shared));
    return !vectors.some((a) => a && taken.some((b) => b && overlap(a, b)));
  };

/** Optimizes a program and takes it apart into what the engine computes, what it is handed, and what follows. */
export function lower(
  program: Program,
  { fuses = false, multiplies = false, smallest = multiplies ? 1 : 2, shared = {} }: LowerOptions = {},
): LoweredProgram {
  const optimized = optimize<string, string, string>(program);
  const written = unreadStates(optimized, shared);
  const { unstepped, steps } = planSteps(optimized, fitsIn(shared));
  const { program: given, scattered } = fuses
    ? scatterResults(unstepped, written)
    : { program: unstepped, scattered: [] };
  const { program: engine, views } = takeViews(given, { parts: fuses });
  const fused = fuses ? fuse(engine, { smallest }) : engine;
  const multiplied = multiplies
    ? withProducts(fused)
    : fuses
      ? applyRules(fused, [transposedProduct])
      : fused;
  return { engine: multiplied, views, scattered, steps, written };
}
