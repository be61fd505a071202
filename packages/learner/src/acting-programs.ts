import { GraphError, inScope, mapValues, program } from '@meow-rl/graph';
import type { Program, Tensor } from '@meow-rl/graph';

import { algorithmStates } from './algorithm.ts';
import type { Algorithm } from './algorithm.ts';
import type { Acting, Replayed } from './definition.ts';
import { boundGroups, expectShape } from './stage-inputs.ts';
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
    // What is made in no module of its own is the algorithm's.
    outputs: inScope(algorithm.definition.name, () =>
      build(boundGroups(algorithm, state, 'parameters'), tensors),
    ),
  }));
  return withoutUnreadStates(built);
}

/** How an algorithm acts, where actions, what replay keeps of them, and values have a row for each observation. */
function actingOf(algorithm: Algorithm): Acting {
  const { acting, sizes, replayedSize } = algorithm;
  const { candidates, value } = acting;
  const expectRows = (what: string, tensor: Tensor, ...columns: readonly number[]) =>
    expectShape(algorithm, what, tensor, ['batch', ...columns], 'Give one row for each observation.');
  return {
    sample: (...inputs) => {
      const sampled = acting.sample(...inputs);
      expectRows('action of acting.sample', sampled.action, sizes.actionSize);
      if (sampled.logProb) expectRows('logProb of acting.sample', sampled.logProb);
      if (sampled.replayed) expectRows('replayed of acting.sample', sampled.replayed, replayedSize);
      return sampled;
    },
    mode: (...inputs) => {
      const action = acting.mode(...inputs);
      if (action) expectRows('action of acting.mode', action, sizes.actionSize);
      return action;
    },
    ...(candidates && {
      candidates: (...inputs) => {
        const { action, score } = candidates(...inputs);
        const count = Number(score.shape[1]);
        expectRows('score of acting.candidates', score, count);
        expectRows('action of acting.candidates', action, count, sizes.actionSize);
        return { action, score };
      },
    }),
    critic: (...inputs) => {
      const values = acting.critic(...inputs);
      for (const [name, value] of Object.entries(values)) expectRows(`${name} of acting.critic`, value);
      return values;
    },
    ...(value && {
      value: (...inputs) => {
        const given = value(...inputs);
        expectRows('what acting.value gives', given);
        return given;
      },
    }),
  };
}

/** From actions to what replay keeps of them, with as many entries as the definition says. */
function replayedOf(algorithm: Algorithm, { ofAction }: Replayed, action: Tensor): Tensor {
  const kept = ofAction(action);
  const shape = ['batch', algorithm.replayedSize];
  expectShape(
    algorithm,
    'what replayed.ofAction gives',
    kept,
    shape,
    'Give as many entries as replayed.size says.',
  );
  return kept;
}

const samplingInputs = ({ sizes }: Algorithm) => ({
  observation: sizes.observationSize,
  noise: sizes.actionSize,
});

/** Sampled actions: `observation` [batch, O] and standard normal `noise` [batch, A] to `action` [batch, A]. */
export const sampleProgram = (algorithm: Algorithm): Program<'observation' | 'noise', string, 'action'> =>
  actingProgram(algorithm, samplingInputs(algorithm), (networks, { observation, noise }) => ({
    action: actingOf(algorithm).sample(networks, observation, noise).action,
  }));

/** As `sampleProgram`, with `replayed` [batch, size], what replay keeps of the action; undefined if that is the action itself. */
export function exploreProgram(
  algorithm: Algorithm,
): Program<'observation' | 'noise', string, 'action' | 'replayed'> | undefined {
  const { replayed } = algorithm;
  if (!replayed) return undefined;
  const acting = actingOf(algorithm);
  return actingProgram(algorithm, samplingInputs(algorithm), (networks, { observation, noise }) => {
    const sampled = acting.sample(networks, observation, noise);
    return {
      action: sampled.action,
      replayed: sampled.replayed ?? replayedOf(algorithm, replayed, sampled.action),
    };
  });
}

/** What an on-policy agent knows of an action when it takes it: `sampled` [batch, A] is what `logProb` [batch] is of, `value` [batch]. */
export const rolloutProgram = (
  algorithm: Algorithm,
): Program<'observation' | 'noise', string, 'action' | 'sampled' | 'logProb' | 'value'> => {
  const acting = actingOf(algorithm);
  return actingProgram(algorithm, samplingInputs(algorithm), (networks, { observation, noise }) => {
    const { action, replayed: sampled = action, logProb } = acting.sample(networks, observation, noise);
    const value = acting.value?.(networks, observation);
    if (!logProb || !value)
      throw new GraphError(
        `${algorithm.definition.name}: an on-policy algorithm needs the density of its actions and the value of states. Give logProb of acting.sample, and acting.value.`,
      );
    return { action, sampled, logProb, value };
  });
};

/** Sampled actions with their log-probability densities `logProb` [batch]; undefined where the policy has no density. */
export function densityProgram(
  algorithm: Algorithm,
): Program<'observation' | 'noise', string, 'action' | 'logProb'> | undefined {
  let hasDensity = true;
  const built = actingProgram(algorithm, samplingInputs(algorithm), (networks, { observation, noise }) => {
    const { action, logProb } = actingOf(algorithm).sample(networks, observation, noise);
    hasDensity = logProb !== undefined;
    return { action, logProb: logProb ?? action };
  });
  return hasDensity ? built : undefined;
}

/** The deterministic action: `observation` [batch, O] to `action` [batch, A]; undefined where the policy has none. */
export function modeProgram(algorithm: Algorithm): Program<'observation', string, 'action'> | undefined {
  const { sizes } = algorithm;
  const acting = actingOf(algorithm);
  let hasMode = true;
  const widths = { observation: sizes.observationSize };
  const built = actingProgram(algorithm, widths, (networks, { observation }) => {
    const action = acting.mode(networks, observation);
    hasMode = action !== undefined;
    return { action: action ?? observation };
  });
  return hasMode ? built : undefined;
}

/**
 * What the deterministic action is the best of: `observation` [batch, O] to `action` [batch, k, A] and `score` [batch, k]; undefined
 * where it isn't chosen so.
 */
export function candidatesProgram(
  algorithm: Algorithm,
): Program<'observation', string, 'action' | 'score'> | undefined {
  const { candidates } = actingOf(algorithm);
  if (!candidates) return undefined;
  const widths = { observation: algorithm.sizes.observationSize };
  return actingProgram(algorithm, widths, (networks, { observation }) => {
    const { action, score } = candidates(networks, observation);
    return { action, score };
  });
}

/** Values of actions: `observation` [batch, O] and `action` [batch, A] to what the algorithm names, [batch] each. */
export function criticProgram(algorithm: Algorithm): Program<'observation' | 'action'> {
  const { sizes } = algorithm;
  const acting = actingOf(algorithm);
  const widths = { observation: sizes.observationSize, action: sizes.actionSize };
  return actingProgram(algorithm, widths, (networks, { observation, action }) =>
    acting.critic(networks, observation, action),
  );
}

/** Values of states: `observation` [batch, O] to `value` [batch]; undefined if the algorithm has none. */
export function valueProgram(algorithm: Algorithm): Program<'observation', string, 'value'> | undefined {
  const { sizes } = algorithm;
  const { value } = actingOf(algorithm);
  if (!value) return undefined;
  const widths = { observation: sizes.observationSize };
  return actingProgram(algorithm, widths, (networks, { observation }) => ({
    value: value(networks, observation),
  }));
}

/** From actions [batch, A] to what replay keeps of them; undefined if that is the action itself. */
export function replayedProgram(algorithm: Algorithm): Program<'action', string, 'replayed'> | undefined {
  const { replayed, sizes } = algorithm;
  if (!replayed) return undefined;
  return program({ inputs: { action: { shape: ['batch', sizes.actionSize] } }, state: {} }, ({ action }) => ({
    outputs: { replayed: replayedOf(algorithm, replayed, action) },
  }));
}
