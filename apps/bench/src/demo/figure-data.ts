import { multiGoalDefaults } from '@meow-rl/envs';
import type { MeowAgent } from '@meow-rl/meow';

import type { DemoReport } from '../report/data.ts';
import { countByGoal, sampleRollouts } from './rollouts.ts';
import { softValueErrors, softValueGrid } from './soft-value.ts';

const GRID_POINTS = 71;

/** What Figure 1 shows of a trained agent. */
export type FigureData = Pick<
  DemoReport,
  | 'goals'
  | 'goalRadius'
  | 'bounds'
  | 'softValue'
  | 'trajectories'
  | 'rollouts'
  | 'reachedByGoal'
  | 'valueError'
>;

/** Computes Figure 1 of a trained agent: soft value, trajectories from the origin, errors of estimates of the soft value there. */
export async function figureData(
  agent: MeowAgent,
  { rollouts, seed }: { readonly rollouts: number; readonly seed: number },
  onStage: (stage: string) => void = () => {},
): Promise<FigureData> {
  onStage(`Playing ${rollouts} episodes from the origin`);
  const trajectories = await sampleRollouts(agent, rollouts, seed);
  onStage('Comparing the soft value with quadrature');
  const valueError = await softValueErrors(agent, [0, 0], seed);
  const { extent, goalRadius, goals } = multiGoalDefaults;
  return {
    goals: goals.map(([x, y]) => ({ x, y })),
    goalRadius,
    bounds: extent,
    softValue: await softValueGrid(agent, extent, GRID_POINTS),
    trajectories,
    rollouts,
    reachedByGoal: countByGoal(trajectories),
    valueError,
  };
}
