import { parseSweep, type SweepDefinition } from '../sweep/definition.ts';
import type { Experiment } from './experiments.ts';
import type { Plan } from './plan.ts';
import type { RunPlace } from './run-place.ts';

/** The sweep that runs a plan; the longest runs begin first. */
export const sweepOfPlan = (
  { settings }: Pick<Experiment, 'settings'>,
  { arms, seeds }: Plan,
  { simulator, ray }: RunPlace,
  out: string,
): SweepDefinition =>
  parseSweep(
    {
      ...(ray && { ray }),
      groups: arms
        .toSorted((a, b) => b.seconds - a.seconds)
        .map(({ environment, arm: { algorithm, preset }, steps, evaluateEvery, warmup }) => ({
          algorithms: [algorithm],
          environments: [environment],
          seeds,
          list: [preset === undefined ? {} : { name: preset, preset }],
          settings: {
            ...settings,
            ...simulator,
            steps,
            evaluateEvery,
            ...(warmup !== undefined && { warmup }),
          },
        })),
    },
    'reproduce',
    out,
  );
