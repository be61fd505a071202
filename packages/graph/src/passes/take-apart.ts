import { fuse } from '../fusion/fuse.ts';
import type { Program } from '../program.ts';
import { planSteps } from '../stepping/plan.ts';
import type { StepPlan } from '../stepping/plan.ts';
import { takeHostViews } from './host-views.ts';
import type { HostView } from './host-views.ts';
import { optimize } from './optimize.ts';
import { takePartedOutputs } from './parted-outputs.ts';
import type { PartedOutput } from './parted-outputs.ts';
import { takeWrittenStates } from './written-states.ts';

/** A program as runtimes of onnxruntime run it. */
export interface ProgramParts {
  /** What the engine is given. */
  readonly engine: Program;
  /** The inputs of that which the host fills by itself. */
  readonly views: readonly HostView[];
  /** The outputs that it gives in parts. */
  readonly parted: readonly PartedOutput[];
  /** The states whose next values it gives as outputs, see `writtenName`. */
  readonly written: readonly string[];
  /** What follows the engine's part, outside of it: a step for each length of vectors. */
  readonly steps: readonly StepPlan[];
}

export interface TakeApartOptions {
  /** Whether the engine has the fused operator, and takes and gives parts of vectors without a copy; default false. */
  readonly fuses?: boolean;
  /** Whether a state may be written during a run where no part of the program reads it; default: none may. */
  readonly mayWrite?: (state: string) => boolean;
}

/** Optimizes a program and takes it apart into what the engine computes, what it is handed, and what follows. */
export function takeApart(
  program: Program,
  { fuses = false, mayWrite = () => false }: TakeApartOptions = {},
): ProgramParts {
  const optimized = optimize<string, string, string>(program);
  const { rest, steps } = planSteps(optimized);
  const readBySteps = new Set(
    steps.flatMap(({ vectors, scalars }) =>
      [...vectors, ...scalars].flatMap((source) => ('state' in source ? [source.state] : [])),
    ),
  );
  const { program: writing, written } = takeWrittenStates(
    rest,
    (state) => mayWrite(state) && !readBySteps.has(state),
  );
  const { program: given, parted } = fuses ? takePartedOutputs(writing) : { program: writing, parted: [] };
  const { program: engine, views } = takeHostViews(given, { parts: fuses });
  return { engine: fuses ? fuse(engine) : engine, views, parted, written, steps };
}
