import type { MeowAgent } from '@meow-rl/meow';

import type { TrainableAgent } from '../algorithms/algorithm.ts';
import { meow } from '../algorithms/meow.ts';
import { CliError } from '../cli/errors.ts';
import type { Ui } from '../cli/ui.ts';
import { checkComparable, readGroups } from '../compare/read-groups.ts';
import { figureData } from '../demo/figure-data.ts';
import type { MultiGoalReport, MultiGoalRun } from '../report/multi-goal-page.ts';
import { thisMachine } from '../report/machine.ts';
import { openRun } from '../runs/saved-run.ts';

/** Episodes that are sampled from each trained policy, as the demo does. */
const ROLLOUTS = 400;

/** Computes Figure 1 of each run on the multi-goal task. */
export async function makeMultiGoalReport(
  folders: readonly string[],
  request: Pick<MultiGoalReport, 'title' | 'lead' | 'command' | 'confidence'>,
  ui: Ui,
): Promise<MultiGoalReport> {
  const read = await readGroups(folders, {});
  checkComparable(read);
  const { groups, notes, leftOut } = read;
  const runs: MultiGoalRun[] = [];
  for (const run of groups.flatMap((group) => group.runs)) {
    ui.info(`Drawing Figure 1 of seed ${run.seed}`);
    const { agent } = await openRun(run.folder);
    try {
      const figures = await figureData(meowAgent(agent.unwrapped, run.folder), {
        rollouts: ROLLOUTS,
        seed: run.seed,
      });
      const { seed, step: steps, seconds } = run;
      runs.push({ ...figures, seed, steps, ...(seconds !== undefined && { seconds }) });
    } finally {
      await agent.unwrapped.dispose();
    }
  }
  return { ...request, runs, groups, notes, leftOut, machine: thisMachine() };
}

/** Narrows an agent to one with a soft value of its own. */
function meowAgent(agent: TrainableAgent, folder: string): MeowAgent {
  if (isMeow(agent)) return agent;
  throw new CliError(
    `${folder} was trained with ${agent.algorithm}, which has no soft value of its own`,
    'Figure 1 is of runs of meow.',
  );
}

const isMeow = (agent: TrainableAgent): agent is MeowAgent => agent.algorithm === meow.name;
