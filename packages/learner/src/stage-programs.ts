import { add, concat, globalNorm, grad, GraphError, program, topologicalOrder } from '@meow-rl/graph';
import type { Program, StateSpec, Tensor } from '@meow-rl/graph';

import { algorithmStates, groupStates, stateName } from './algorithm.ts';
import type { Algorithm, Group } from './algorithm.ts';
import type { Stage, StageLoss } from './definition.ts';
import { groupStep, targetSteps } from './optimizer-step.ts';
import { stageInputs, stageLoss, trainedGroups } from './stage-inputs.ts';

/** Name of the output with the errors of the transitions. */
export const TD_ERRORS = 'tdErrors';
/** Name of the input with the norm of a group's whole gradient. */
export const normInput = (group: string): string => `norm/${group}`;
/** Name of the state with a thread's gradient of a group. */
export const gradientState = (group: string, thread: number): string => stateName(group, `gradient${thread}`);

const nodesRead = ({ outputs, state }: Program) =>
  new Set(
    topologicalOrder([...Object.values(outputs), ...Object.values(state).flatMap(({ next }) => next ?? [])]),
  );

/** A program without the states that nothing reads or replaces. */
export function withoutUnreadStates<I extends string, O extends string>(
  given: Program<I, string, O>,
): Program<I, string, O> {
  const read = nodesRead(given);
  const kept = Object.entries(given.state).filter(
    ([, { value, next }]) => next !== undefined || read.has(value.node),
  );
  return { ...given, state: Object.fromEntries(kept) };
}

/** The same without inputs that nothing reads. */
function withoutUnread(given: Program): Program {
  const read = nodesRead(given);
  const inputs = Object.entries(given.inputs).filter(([, { node }]) => read.has(node));
  return { ...withoutUnreadStates(given), inputs: Object.fromEntries(inputs) };
}

/** The gradient of a group's loss with regard to its parameters, [parameters]. */
function gradientOf(
  { definition }: Algorithm,
  group: Group,
  { losses }: StageLoss,
  state: Readonly<Record<string, Tensor>>,
): Tensor {
  const loss = losses[group.name];
  const parameters = state[stateName(group.name, 'parameters')];
  if (!loss || !parameters) throw new GraphError(`${group.name} has no loss.`);
  try {
    return concat(grad(loss, [parameters]));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new GraphError(`${definition.name}: the loss of ${group.name} can't train it: ${reason}`, {
      cause: error,
    });
  }
}

const reported = ({ metrics, tdErrors }: StageLoss): Readonly<Record<string, Tensor>> => ({
  ...metrics,
  ...(tdErrors && { [TD_ERRORS]: tdErrors }),
});

/**
 * A stage on whole batches as one program: loss, gradients, optimizers, targets.
 *
 * @param seed decides the content of dropout's mask banks
 */
export function wholeProgram(algorithm: Algorithm, stage: Stage, seed: number): Program {
  const rows = algorithm.config.batchSize;
  const spec = { inputs: stageInputs(algorithm, stage, rows), state: algorithmStates(algorithm) };
  const built = program<string, string, string>(spec, (inputs, state) => {
    const loss = stageLoss({ algorithm, stage, rows, seed, inputs, state });
    const steps = trainedGroups(algorithm, stage).map((group) => {
      const gradient = gradientOf(algorithm, group, loss, state);
      return groupStep(group, state, gradient, globalNorm(gradient));
    });
    const next = Object.assign({}, ...steps.map((step) => step.next));
    return {
      outputs: Object.assign({}, reported(loss), ...steps.map((step) => step.outputs)),
      next: { ...next, ...targetSteps(algorithm, stage, state, next) },
    };
  });
  return withoutUnread(built);
}

const vector = (size: number): StateSpec => ({ shape: [size], initial: new Float32Array(size) });

/** The gradients of a stage for some rows of each batch, as the next values of the thread's gradient states. */
export function gradientProgram(
  algorithm: Algorithm,
  stage: Stage,
  { rows, seed, thread }: { readonly rows: number; readonly seed: number; readonly thread: number },
): Program {
  const groups = trainedGroups(algorithm, stage);
  const gradients = Object.fromEntries(
    groups.map(({ name, layout }) => [gradientState(name, thread), vector(layout.size)]),
  );
  const spec = {
    inputs: stageInputs(algorithm, stage, rows),
    state: { ...algorithmStates(algorithm), ...gradients },
  };
  const built = program<string, string, string>(spec, (inputs, state) => {
    const loss = stageLoss({ algorithm, stage, rows, seed, inputs, state });
    return {
      outputs: reported(loss),
      next: Object.fromEntries(
        groups.map((group) => [gradientState(group.name, thread), gradientOf(algorithm, group, loss, state)]),
      ),
    };
  });
  return withoutUnread(built);
}

/** How much of each group a thread steps. */
export type ShareSizes = ReadonlyMap<Group, number>;

/** A thread that shares updates with others. */
export interface ThreadPlace {
  readonly thread: number;
  readonly threads: number;
}

/**
 * Adds up the gradients of a thread's shares over all threads, in their order, in place of its own; gives the norm of each
 * sum.
 */
export function sumProgram(sizes: ShareSizes, { thread, threads }: ThreadPlace): Program {
  const each = (group: Group): string[] =>
    Array.from({ length: threads }, (_, other) => gradientState(group.name, other));
  const state = Object.fromEntries(
    [...sizes].flatMap(([group, size]) => each(group).map((name) => [name, vector(size)] as const)),
  );
  return program<string, string, string>({ inputs: {}, state }, (_, values) => {
    const totals = [...sizes.keys()].map((group) => {
      const gradients = each(group).flatMap((name) => values[name] ?? []);
      return [group.name, gradients.reduce((sum, gradient) => add(sum, gradient))] as const;
    });
    return {
      outputs: Object.fromEntries(totals.map(([name, total]) => [normInput(name), globalNorm(total)])),
      next: Object.fromEntries(totals.map(([name, total]) => [gradientState(name, thread), total])),
    };
  });
}

/** Optimizers and targets on a thread's shares, from the sums of their gradients and the norms of the whole ones. */
export function stepProgram(
  algorithm: Algorithm,
  stage: Stage,
  sizes: ShareSizes,
  { thread }: ThreadPlace,
): Program {
  const trained = trainedGroups(algorithm, stage).filter((group) => sizes.has(group));
  const inputs = Object.fromEntries(trained.map(({ name }) => [normInput(name), { shape: [] }]));
  const state: Record<string, StateSpec> = {};
  for (const [group, size] of sizes)
    Object.assign(state, groupStates(group, size), { [gradientState(group.name, thread)]: vector(size) });
  const built = program<string, string, string>({ inputs, state }, (norms, values) => {
    const steps = trained.flatMap((group) => {
      const [total, norm] = [values[gradientState(group.name, thread)], norms[normInput(group.name)]];
      return total && norm ? [groupStep(group, values, total, norm)] : [];
    });
    const next = Object.assign({}, ...steps.map((step) => step.next));
    return {
      outputs: Object.assign({}, ...steps.map((step) => step.outputs)),
      next: { ...next, ...targetSteps(algorithm, stage, values, next) },
    };
  });
  return withoutUnread(built);
}
