import { availableParallelism } from 'node:os';

import { MUJOCO_ENV_IDS } from '@meow-rl/envs-mujoco';

import type { EnvSpeedConfig } from '../commands/env-speed.ts';
import { resolveEnvReference } from '../environments/env-reference.ts';
import {
  identifyEnvironment,
  isKnownEnvironment,
  type IdentifiedEnvironment,
} from '../environments/environments.ts';
import { defaultPython, gymnasiumSpeed, type GymnasiumSpeed } from './gymnasium.ts';
import { threadSpeed, vectorSpeeds } from './measure.ts';
import { formatTable } from '../cli/table.ts';
import type { Ui } from '../cli/ui.ts';
import { unknownName } from '../cli/unknown-name.ts';
import { versions } from '../cli/versions.ts';

/** Measures how many steps of MuJoCo tasks a second has, in one thread and over all, beside bare MuJoCo and Gymnasium. */
export async function envSpeed(config: EnvSpeedConfig, ui: Ui): Promise<void> {
  const { seconds, rounds, numEnvs, workers = availableParallelism(), python = defaultPython() } = config;
  const names = config.envs.includes('all') ? MUJOCO_ENV_IDS : config.envs;
  const tasks = await Promise.all(names.map(mujocoTask));
  const bar = ui.progress('measuring', tasks.length, { unit: 'tasks' });
  const rows = [];
  let gymnasiumProblem: string | undefined;
  for (const [i, task] of tasks.entries()) {
    const { environment: id } = task;
    const thread = await threadSpeed(task, { seconds, rounds });
    const [one = Number.NaN, all = Number.NaN] = await vectorSpeeds(task, {
      numEnvs,
      workers: [1, workers],
      seconds,
      rounds,
    });
    const gymnasium: GymnasiumSpeed = isKnownEnvironment(id)
      ? await gymnasiumSpeed(python, id, Math.ceil(thread.env * seconds))
      : { error: `it has no ${id}` };
    if ('error' in gymnasium) gymnasiumProblem = gymnasium.error;
    rows.push({ id, thread, vector: { one, all, scaling: all / one }, gymnasium });
    bar.update(i + 1);
  }
  bar.stop();
  ui.result(
    { numEnvs, workers, seconds, rounds, versions: versions(), rows },
    [
      `environment steps per second, medians of ${rounds} rounds of ${seconds} s; ${numEnvs} environments over 1 and ${workers} workers`,
      '',
      formatTable(
        [
          'task',
          'one thread',
          'bare MuJoCo',
          'ratio',
          '1 worker',
          `${workers} workers`,
          'ratio',
          'Gymnasium',
        ],
        rows.map(({ id, thread, vector, gymnasium }) => [
          id,
          Math.round(thread.env),
          Math.round(thread.bare),
          thread.ratio.toFixed(3),
          Math.round(vector.one),
          Math.round(vector.all),
          vector.scaling.toFixed(2),
          'error' in gymnasium ? '-' : Math.round(gymnasium.stepsPerSecond),
        ]),
      ),
      ...(gymnasiumProblem === undefined
        ? []
        : ['', `Gymnasium is left out where it gave: ${gymnasiumProblem}`]),
    ].join('\n'),
  );
}

async function mujocoTask(env: string): Promise<IdentifiedEnvironment> {
  const known = MUJOCO_ENV_IDS.some((id) => id === env);
  if (!known && !resolveEnvReference(env)) throw unknownName('MuJoCo task', env, MUJOCO_ENV_IDS);
  return identifyEnvironment({ env });
}
