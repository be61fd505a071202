import { floatsAt } from '@meow-rl/graph';
import type { Executable, InputData, Program, StateStore } from '@meow-rl/graph';

import type { Group } from '../algorithm.ts';
import type { Stage } from '../definition.ts';
import { firstNumber, runOf } from '../local-updates.ts';
import { stageMetrics } from '../metrics.ts';
import type { StageMetric } from '../metrics.ts';
import { gradientNormOutput } from '../optimizer-step.ts';
import {
  gradientProgram,
  gradientState,
  normInput,
  stepProgram,
  sumProgram,
  TD_ERRORS,
} from '../stage-programs.ts';
import type { ShareSizes } from '../stage-programs.ts';
import { trainedGroups } from '../stage-inputs.ts';
import { rowsOf, stageData } from './part.ts';
import type { PartOptions } from './part.ts';
import type { GroupShare, Stores } from './share-stores.ts';

/** Done by all parts before any goes on to the next one. */
type Phase = () => Promise<void>;

/** A thread's part of one stage. */
export interface StagePart {
  readonly gradients: Gradients;
  /** Whether it changes what the next stage reads. */
  readonly steps: boolean;
  readonly phases: readonly Phase[];
}

/** Loads a program on a store; whoever gives it frees what it has loaded. */
export type Load = (program: Program, state: StateStore) => Promise<Executable>;

/** A stage's loss and gradients for as many rows as a part has, whichever these are. */
interface Gradients {
  readonly metrics: readonly StageMetric[];
  /** Writes the gradients of the thread whose sessions compute them. */
  run(inputs: Readonly<Record<string, InputData>>): ReturnType<Executable['run']>;
  /** Puts them into the place of another thread's. */
  moveTo(thread: number): void;
}

async function loadGradients(
  { algorithm, seed, thread, memory }: PartOptions,
  rows: number,
  stage: Stage,
  load: (program: Program) => Promise<Executable>,
): Promise<Gradients> {
  const gradients = gradientProgram(algorithm, stage, { rows, seed, thread });
  const executable = await load(gradients);
  const trained = trainedGroups(algorithm, stage);
  const ofThread = (group: Group, owner: number) => {
    const vector = memory.gradients[gradientState(group.name, owner)];
    return vector ? floatsAt(vector) : new Float32Array(0);
  };
  return {
    metrics: stageMetrics(algorithm, stage, gradients.outputs),
    run: runOf(executable, Object.keys(gradients.inputs)),
    moveTo: (other) => {
      for (const group of trained) ofThread(group, other).set(ofThread(group, thread));
    },
  };
}

interface StageParts {
  readonly options: PartOptions;
  readonly rows: number;
  readonly shares: readonly GroupShare[];
  readonly stores: Stores;
  readonly load: Load;
}

/**
 * Loads a thread's part of a stage.
 *
 * @param lent gradients of another part in this thread, to compute its own with
 */
export async function stagePart(
  { options, rows, shares, stores, load }: StageParts,
  stage: Stage,
  stageIndex: number,
  lent: Gradients | undefined,
): Promise<StagePart> {
  const { algorithm, thread, threads, memory } = options;
  const shared = memory.stages[stageIndex];
  const gradients =
    lent ?? (await loadGradients(options, rows, stage, (program) => load(program, stores.whole)));
  const { metrics } = gradients;
  const inputs: Readonly<Record<string, InputData>> = stageData(options, stageIndex);
  const tdErrors = rowsOf(memory.tdErrors, options);

  const trained = trainedGroups(algorithm, stage);
  const changed = new Set([...trained.map(({ name }) => name), ...Object.keys(stage.targets ?? {})]);
  const sizesOf = (keep: (group: Group) => boolean): ShareSizes =>
    new Map(shares.flatMap(({ group, start: from, end: to }) => (keep(group) ? [[group, to - from]] : [])));
  const summed = sizesOf((group) => trained.includes(group));
  const stepped = sizesOf(({ name }) => changed.has(name));
  const place = { thread, threads };
  const sum = summed.size > 0 ? await load(sumProgram(summed, place), stores.shares) : undefined;
  const step =
    stepped.size > 0 ? await load(stepProgram(algorithm, stage, stepped, place), stores.shares) : undefined;
  const normsOf = (index: number) => shared?.norms.subarray(index * threads, (index + 1) * threads);
  const reported = shared?.metrics[thread];

  let results: Record<string, ArrayLike<number>> = {};
  const computeGradient = async () => {
    const { [TD_ERRORS]: errors, ...numbers } = await gradients.run(inputs);
    // Copied: who shares the session may run it next.
    results = Object.fromEntries(
      Object.entries(numbers).map(([name, value]) => [name, [firstNumber(value)]]),
    );
    if (errors) tdErrors.set(errors);
    if (lent) lent.moveTo(thread);
    if (shared) shared.hasErrors[0] = Number(errors !== undefined);
  };
  const sumGradients = async () => {
    const norms = await sum?.run({});
    trained.forEach(({ name }, i) => {
      const ofShares = normsOf(i);
      if (ofShares) ofShares[thread] = norms?.[normInput(name)]?.[0] ?? 0;
    });
  };
  const stepShares = async () => {
    const wholeNorms = trained.map(({ name }, i) => [name, Math.hypot(...(normsOf(i) ?? []))] as const);
    const given = wholeNorms.flatMap(([name, norm]) =>
      [...summed.keys()].some((group) => group.name === name) ? [[normInput(name), [norm]]] : [],
    );
    Object.assign(results, await step?.run(Object.fromEntries(given)));
    for (const [name, norm] of wholeNorms) results[gradientNormOutput(name)] = [norm];
  };
  const report = () => {
    // A norm of no share of a group is 0.
    reported?.set(
      metrics.map(({ output, merge }) =>
        results[output] === undefined && merge === 'norm' ? 0 : firstNumber(results[output]),
      ),
    );
  };
  const phases = [
    computeGradient,
    ...(trained.length > 0 ? [sumGradients] : []),
    ...(changed.size > 0 ? [stepShares] : []),
  ];
  return {
    gradients,
    steps: changed.size > 0,
    phases: phases.map((phase, i) =>
      i < phases.length - 1
        ? phase
        : async () => {
            await phase();
            report();
          },
    ),
  };
}
