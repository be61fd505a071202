import { program } from '@meow-rl/graph';
import type { Program, Tensor } from '@meow-rl/graph';

import { algorithmStates } from './algorithm.ts';
import type { Algorithm } from './algorithm.ts';
import { boundGroups } from './stage-inputs.ts';
import { withoutUnread } from './stage-programs.ts';

type Outputs = Readonly<Record<string, Tensor>>;

/** A program over a batch of any size that reads the newest parameters. */
function actingProgram<I extends string>(
  algorithm: Algorithm,
  widths: Readonly<Record<I, number>>,
  build: (networks: ReturnType<typeof boundGroups>, inputs: Readonly<Record<I, Tensor>>) => Outputs,
): Program {
  const rows = (size: number) => ({ shape: ['batch', size] });
  const inputs = Object.fromEntries(
    Object.entries<number>(widths).map(([name, size]) => [name, rows(size)]),
  ) as Record<I, ReturnType<typeof rows>>;
  const spec = { inputs, state: algorithmStates(algorithm) };
  return withoutUnread(
    program(spec, (tensors, state) => ({
      outputs: build(boundGroups(algorithm, state, 'parameters'), tensors),
    })),
  );
}

/** Sampled actions: `observation` [batch, O] and standard normal `noise` [batch, A] to `action` and, if replay keeps something else, `replayed`. */
export function sampleProgram(algorithm: Algorithm): Program {
  const { definition, sizes } = algorithm;
  const widths = { observation: sizes.observationSize, noise: sizes.actionSize };
  return actingProgram(algorithm, widths, (networks, { observation, noise }) => {
    const { action, replayed } = definition.acting.sample(networks, observation, noise);
    if (!definition.replayed) return { action };
    return { action, replayed: replayed ?? definition.replayed.ofAction(action) };
  });
}

/** Sampled actions with their log-probability densities `logProb` [batch]; undefined where the policy has no density. */
export function densityProgram(algorithm: Algorithm): Program | undefined {
  const { definition, sizes } = algorithm;
  const widths = { observation: sizes.observationSize, noise: sizes.actionSize };
  const built = actingProgram(algorithm, widths, (networks, { observation, noise }) => {
    const { action, logProb } = definition.acting.sample(networks, observation, noise);
    return { action, ...(logProb && { logProb }) };
  });
  return built.outputs['logProb'] ? built : undefined;
}

/** The deterministic action: `observation` [batch, O] to `action` [batch, A]; undefined where the policy has none. */
export function modeProgram(algorithm: Algorithm): Program | undefined {
  const { definition, sizes } = algorithm;
  const widths = { observation: sizes.observationSize };
  const built = actingProgram(algorithm, widths, (networks, { observation }) => {
    const action = definition.acting.mode(networks, observation);
    return { ...(action && { action }) };
  });
  return built.outputs['action'] ? built : undefined;
}

/** Values of actions: `observation` [batch, O] and `action` [batch, A] to what the algorithm names, [batch] each. */
export function criticProgram(algorithm: Algorithm): Program {
  const { definition, sizes } = algorithm;
  const widths = { observation: sizes.observationSize, action: sizes.actionSize };
  return actingProgram(algorithm, widths, (networks, { observation, action }) =>
    definition.acting.critic(networks, observation, action),
  );
}

/** Values of states: `observation` [batch, O] to `value` [batch]; undefined if the algorithm has none. */
export function valueProgram(algorithm: Algorithm): Program | undefined {
  const { definition, sizes } = algorithm;
  if (!definition.acting.value) return undefined;
  const widths = { observation: sizes.observationSize };
  return actingProgram(algorithm, widths, (networks, { observation }) => {
    const value = definition.acting.value?.(networks, observation);
    return { ...(value && { value }) };
  });
}

/** From actions [batch, A] to what replay keeps of them; undefined if that is the action itself. */
export function replayedProgram({ definition, sizes }: Algorithm): Program | undefined {
  const { replayed } = definition;
  if (!replayed) return undefined;
  return program({ inputs: { action: { shape: ['batch', sizes.actionSize] } }, state: {} }, ({ action }) => ({
    outputs: { replayed: replayed.ofAction(action) },
  }));
}
