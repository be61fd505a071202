import { applyUpdates, globalNorm, polyak } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';

import { groupOf, optimizerTensors, stateName } from './algorithm.ts';
import type { Algorithm, Group } from './algorithm.ts';
import type { Stage } from './definition.ts';

/** Name of the output that says how long a group's gradient is, before its optimizer. */
export const gradientNormOutput = (group: string): string => `gradientNorm/${group}`;
/** Name of the output that says how long a group's new parameters are. */
export const parameterNormOutput = (group: string): string => `parameterNorm/${group}`;

/** What a step makes of a group, or of a share of it. */
export interface GroupStep {
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly next: Readonly<Record<string, Tensor>>;
}

/**
 * One step of a group's optimizer, on all of the group's parameters or on a share of them.
 *
 * @param gradient of the entries that the state holds
 * @param norm of the whole gradient
 */
export function groupStep(
  group: Group,
  state: Readonly<Record<string, Tensor>>,
  gradient: Tensor,
  norm: Tensor,
): GroupStep {
  const { name, optimizer } = group;
  const parameters = state[stateName(name, 'parameters')];
  if (!optimizer || !parameters) return { outputs: {}, next: {} };
  const { updates, state: moved } = optimizer.update(gradient, optimizerTensors(group, state), {
    parameters,
    norm,
  });
  const stepped = applyUpdates(parameters, updates);
  return {
    outputs: { [gradientNormOutput(name)]: norm, [parameterNormOutput(name)]: globalNorm(stepped) },
    next: {
      [stateName(name, 'parameters')]: stepped,
      ...Object.fromEntries(Object.entries(moved).map(([part, value]) => [stateName(name, part), value])),
    },
  };
}

/** Targets after a stage: `target ← (1 − τ) target + τ parameters`, of the whole groups or of shares. */
export function targetSteps(
  algorithm: Algorithm,
  { targets = {} }: Stage,
  state: Readonly<Record<string, Tensor>>,
  next: Readonly<Record<string, Tensor>>,
): Readonly<Record<string, Tensor>> {
  const moved = Object.entries(targets).flatMap(([name, tau]) => {
    const group = groupOf(algorithm, name);
    const [target, parameters] = [stateName(group.name, 'target'), stateName(group.name, 'parameters')];
    const [before, online] = [state[target], next[parameters] ?? state[parameters]];
    return before && online && tau !== undefined ? [[target, polyak(before, online, tau)] as const] : [];
  });
  return Object.fromEntries(moved);
}
