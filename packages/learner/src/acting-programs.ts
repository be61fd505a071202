import { mapValues, program } from '@meow-rl/graph';
import type { Program, Tensor } from '@meow-rl/graph';

import { algorithmStates } from './algorithm.ts';
import type { Algorithm } from './algorithm.ts';
import { boundGroups } from './stage-inputs.ts';
import { withoutUnreadStates } from './stage-programs.ts';

/** A program over a batch of any size that reads the newest parameters. */
function actingProgram<I extends string, O extends string>(
  algorithm: Algorithm,
  widths: Readonly<Record<I, number>>,
  build: (
    networks: ReturnType<typeof boundGroups>,
    inputs: Readonly<Record<I, Tensor>>,
  ) => Readonly<Record<O, Tensor>>,
): Program<I, string, O> {
  const inputs = mapValues(widths, (size) => ({ shape: ['batch', size] }));
  const built = program({ inputs, state: algorithmStates(algorithm) }, (tensors, state) => ({
    outputs: build(boundGroups(algorithm, state, 'parameters'), tensors),
  }));
  return withoutUnreadStates(built);
}

const samplingInputs = ({ sizes }: Algorithm) => ({
  observation: sizes.observationSize,
  noise: sizes.actionSize,
});

/** Sampled actions: `observation` [batch, O] and standard normal `noise` [batch, A] to `action` [batch, A]. */
export const sampleProgram = (algorithm: Algorithm): Program<'observation' | 'noise', string, 'action'> =>
  actingProgram(algorithm, samplingInputs(algorithm), (networks, { observation, noise }) => ({
    action: algorithm.acting.sample(networks, observation, noise).action,
  }));

/** As `sampleProgram`, with `replayed` [batch, size], what replay keeps of the action; undefined if that is the action itself. */
export function exploreProgram(
  algorithm: Algorithm,
): Program<'observation' | 'noise', string, 'action' | 'replayed'> | undefined {
  const { acting, definition } = algorithm;
  const { replayed } = definition;
  if (!replayed) return undefined;
  return actingProgram(algorithm, samplingInputs(algorithm), (networks, { observation, noise }) => {
    const sampled = acting.sample(networks, observation, noise);
    return { action: sampled.action, replayed: sampled.replayed ?? replayed.ofAction(sampled.action) };
  });
}

/** Sampled actions with their log-probability densities `logProb` [batch]; undefined where the policy has no density. */
export function densityProgram(
  algorithm: Algorithm,
): Program<'observation' | 'noise', string, 'action' | 'logProb'> | undefined {
  let hasDensity = true;
  const built = actingProgram(algorithm, samplingInputs(algorithm), (networks, { observation, noise }) => {
    const { action, logProb } = algorithm.acting.sample(networks, observation, noise);
    hasDensity = logProb !== undefined;
    return { action, logProb: logProb ?? action };
  });
  return hasDensity ? built : undefined;
}

/** The deterministic action: `observation` [batch, O] to `action` [batch, A]; undefined where the policy has none. */
export function modeProgram(algorithm: Algorithm): Program<'observation', string, 'action'> | undefined {
  const { acting, sizes } = algorithm;
  let hasMode = true;
  const widths = { observation: sizes.observationSize };
  const built = actingProgram(algorithm, widths, (networks, { observation }) => {
    const action = acting.mode(networks, observation);
    hasMode = action !== undefined;
    return { action: action ?? observation };
  });
  return hasMode ? built : undefined;
}

/** Values of actions: `observation` [batch, O] and `action` [batch, A] to what the algorithm names, [batch] each. */
export function criticProgram(algorithm: Algorithm): Program<'observation' | 'action'> {
  const { acting, sizes } = algorithm;
  const widths = { observation: sizes.observationSize, action: sizes.actionSize };
  return actingProgram(algorithm, widths, (networks, { observation, action }) =>
    acting.critic(networks, observation, action),
  );
}

/** Values of states: `observation` [batch, O] to `value` [batch]; undefined if the algorithm has none. */
export function valueProgram(algorithm: Algorithm): Program<'observation', string, 'value'> | undefined {
  const { acting, sizes } = algorithm;
  if (!acting.value) return undefined;
  const widths = { observation: sizes.observationSize };
  return actingProgram(algorithm, widths, (networks, { observation }) => ({
    value: acting.value?.(networks, observation) ?? observation,
  }));
}

/** From actions [batch, A] to what replay keeps of them; undefined if that is the action itself. */
export function replayedProgram({
  definition,
  sizes,
}: Algorithm): Program<'action', string, 'replayed'> | undefined {
  const { replayed } = definition;
  if (!replayed) return undefined;
  return program({ inputs: { action: { shape: ['batch', sizes.actionSize] } }, state: {} }, ({ action }) => ({
    outputs: { replayed: replayed.ofAction(action) },
  }));
}
