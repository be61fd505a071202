import { fuse } from '../fusion/fuse.ts';
import type { Program } from '../program.ts';
import { planStep } from '../stepping/plan.ts';
import type { StepPlan } from '../stepping/plan.ts';
import { takeHostViews } from './host-views.ts';
import type { HostView } from './host-views.ts';
import { optimize } from './optimize.ts';
import { takePartedOutputs } from './parted-outputs.ts';
import type { PartedOutput } from './parted-outputs.ts';

/** A program as runtimes of onnxruntime run it. */
export interface ProgramParts {
  /** What the engine is given. */
  readonly engine: Program;
  /** The inputs of that which the host fills by itself. */
  readonly views: readonly HostView[];
  /** The outputs that it gives in parts. */
  readonly parted: readonly PartedOutput[];
  /** What follows the engine's part, outside of it. */
  readonly step: StepPlan | undefined;
}

export interface TakeApartOptions {
  /** Whether the engine has the fused operator, and takes and gives parts of vectors without a copy; default false. */
  readonly fuses?: boolean;
}

/** Optimizes a program and takes it apart into what the engine computes, what it is handed, and what follows. */
export function takeApart(program: Program, { fuses = false }: TakeApartOptions = {}): ProgramParts {
  const optimized = optimize<string, string, string>(program);
  const { rest, step } = planStep(optimized) ?? { rest: optimized };
  const { program: given, parted } = fuses ? takePartedOutputs(rest) : { program: rest, parted: [] };
  const { program: engine, views } = takeHostViews(given, { parts: fuses });
  return { engine: fuses ? fuse(engine) : engine, views, parted, step };
}
