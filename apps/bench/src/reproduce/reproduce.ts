import { availableParallelism } from 'node:os';
import path from 'node:path';

import { makeFolder } from '@meow-rl/files';

import type { RawConfig } from '../cli/config-file.ts';
import { counted } from '../cli/counted.ts';
import { secondsOf } from '../cli/duration.ts';
import { CliError, UsageError } from '../cli/errors.ts';
import { formatDuration } from '../cli/progress.ts';
import { unknownName } from '../cli/unknown-name.ts';
import type { Ui } from '../cli/ui.ts';
import type { ReproduceConfig } from '../commands/reproduce.ts';
import { simulatorSettings } from '../environments/environments.ts';
import { guardWrite, writeAtomically } from '../runs/run-folder.ts';
import { runSweep } from '../sweep/run-sweep.ts';
import { describePlan } from './describe-plan.ts';
import {
  EXPERIMENTS,
  FIGURES,
  ISAAC_GPU_ENVIRONMENTS,
  sameArm,
  type Experiment,
  type Figure,
} from './experiments.ts';
import { checkIsaac, hasGpu } from './isaac.ts';
import { measureCosts, settingsOfRun } from './measure-costs.ts';
import { planWithin, type ArmCost, type Limits, type Plan } from './plan.ts';
import type { ReproduceRequest } from './request.ts';
import { readPlan, writePlan } from './saved-plan.ts';
import { sweepOfPlan } from './sweep-of-plan.ts';
import { writeFigure } from './write-figure.ts';

/**
 * Reproduces a figure of the paper within a budget of time: measures, says what it will run, runs it and writes a report. Called again,
 * it goes on where it was stopped.
 */
export async function reproduce(name: string, request: ReproduceRequest, ui: Ui): Promise<void> {
  const figure = figureNamed(name);
  const simulator = simulatorOf(request);
  const experiment = await experimentOf(figure, request, simulator);
  const out = request.out ?? path.join('runs', 'reproduce', figure);
  const limits = limitsOf(experiment, request);
  const running = { engine: request.engine, cores: request.cores, retries: request.retries };
  const asked = askedFor(figure, request);

  const begun = await readPlan(out, asked);
  if (begun) ui.info(`Going on with ${out}`);
  const { plan, costs } = begun
    ? { plan: begun, costs: [] }
    : await planMeasured(experiment, limits, ui, (measured) =>
        measureCosts(measured, { ...running, simulator, folder: path.join(out, 'measurement') }, ui),
      );
  const description = describePlan(plan, costs, limits.cores);
  if (request.dryRun) {
    ui.result({ figure, plan, costs }, description);
    return;
  }
  ui.info(`${experiment.title}\n\n${description}\n`);
  await guardWrite(out, () => makeFolder(out));
  if (!begun) await writePlan(out, asked, plan);

  const { trials } = await runSweep(sweepOfPlan(experiment, plan, simulator, out), running, ui);
  const finished = trials.filter(({ phase }) => phase === 'finished');
  const failed = trials.filter(({ phase }) => phase !== 'finished');
  if (finished.length === 0)
    throw new CliError(
      `${trials.length === 1 ? 'the only run has not' : `none of the ${trials.length} runs has`} ended well: ${failed[0]?.error ?? 'they were stopped'}`,
      'Run the same command again to go on with them.',
    );
  const folders = finished.map(({ folder }) => folder);
  const write = async (file: string, content: string): Promise<string> => {
    const target = path.join(out, file);
    await guardWrite(target, () => writeAtomically(target, content));
    return target;
  };
  const files = await writeFigure(figure, { experiment, plan, folders, request, write }, ui);
  ui.result({ figure, out, plan, files, trials }, `Written: ${files.join(', ')}`);
  if (failed.length > 0)
    throw new CliError(
      `${failed.length} of ${counted(trials.length, 'run')} failed, and the report lacks them: ${failed.map((trial) => trial.name).join(', ')}`,
      'Run the same command again to go on with them.',
    );
}

function figureNamed(name: string): Figure {
  const figure = FIGURES.find((known) => known === name);
  if (figure === undefined) throw unknownName('figure', name, FIGURES);
  return figure;
}

/** The experiment with what the user has chosen of it. */
async function experimentOf(
  figure: Figure,
  { environments: named, algorithms, python }: ReproduceConfig,
  simulator: RawConfig,
): Promise<Experiment> {
  const chosen = named && [...new Set(named)];
  const experiment = EXPERIMENTS[figure];
  const environments = [...experiment.environments];
  if (figure === 'fig3') {
    await checkIsaac({ ...(python !== undefined && { python }) });
    if (await hasGpu()) environments.push(...ISAAC_GPU_ENVIRONMENTS);
  }
  const armsOf: Experiment['armsOf'] = (environment) =>
    experiment
      .armsOf(environment)
      .filter(({ algorithm }) => algorithms === undefined || algorithms.includes(algorithm));
  const known = new Set(experiment.armsOf(environments[0] ?? '').map(({ algorithm }) => algorithm));
  for (const name of algorithms ?? [])
    if (!known.has(name)) throw unknownName(`algorithm of ${figure} called`, name, [...known]);
  // Refuses environments that there are not, or that the figure has no runs in, before anything is measured.
  for (const environment of chosen ?? [])
    for (const arm of armsOf(environment)) await settingsOfRun({ environment, arm }, simulator);
  return { ...experiment, environments: chosen ?? environments, armsOf };
}

function limitsOf({ settings, playsWithNoise }: Experiment, request: ReproduceConfig): Limits {
  const { budget, environments, seeds, steps, noiseEpisodes } = request;
  const sizes = 1 + request.observationNoise.length + request.actionNoise.length;
  return {
    budgetSeconds: secondsOf(budget) ?? Number.NaN,
    cores: coresOf(request),
    evaluationEpisodes: Number(settings['evaluationEpisodes']),
    noiseEpisodes: playsWithNoise ? 2 * sizes * noiseEpisodes : 0,
    environments,
    seeds,
    steps,
  };
}

/** The runs that go on at one time. */
function coresOf({ cores, engine }: ReproduceConfig): number {
  if (cores === undefined && engine === 'ray')
    throw new UsageError(
      "a plan for a Ray cluster goes by the cluster's cores, not by this machine's",
      'Say how many runs go on there at one time with --cores.',
    );
  return cores ?? availableParallelism();
}

/** Settings of runs in a simulator: they are this machine's, and change no number. */
function simulatorOf({ python, simulatorDevice }: ReproduceConfig): RawConfig {
  return {
    ...simulatorSettings({
      ...(python !== undefined && { python }),
      ...(simulatorDevice !== undefined && { simulatorDevice }),
    }),
  };
}

/** What decides on the plan. */
function askedFor(figure: Figure, config: ReproduceConfig): string {
  const { budget, environments, algorithms, seeds, steps } = config;
  const given = { budget, environments, algorithms, seeds, steps };
  const flags = Object.entries(given).flatMap(([key, value]) =>
    value === undefined ? [] : [`--${key} ${Array.isArray(value) ? value.join(',') : String(value)}`],
  );
  return [figure, ...flags].join(' ');
}

/**
 * Measures the first environment and plans with its costs; measures others only where the plan takes them up, and plans again.
 *
 * @throws UsageError if the budget is too small for anything
 */
async function planMeasured(
  experiment: Experiment,
  limits: Limits,
  ui: Ui,
  measure: (measured: readonly Pick<ArmCost, 'environment' | 'arm'>[]) => Promise<ArmCost[]>,
): Promise<{ readonly plan: Plan; readonly costs: readonly ArmCost[] }> {
  const costs: ArmCost[] = [];
  const begun = performance.now();
  let toMeasure = experiment.environments.slice(0, 1);
  for (;;) {
    ui.info(`Measuring on ${toMeasure.join(', ')}`);
    costs.push(
      ...(await measure(
        toMeasure.flatMap((environment) =>
          experiment.armsOf(environment).map((arm) => ({ environment, arm })),
        ),
      )),
    );
    const costOf = (environment: string, arm: ArmCost['arm']): ArmCost => {
      const ofArm = costs.filter((cost) => cost.arm.algorithm === arm.algorithm);
      const cost =
        ofArm.find((known) => known.environment === environment && sameArm(known.arm, arm)) ?? ofArm[0];
      if (!cost) throw new TypeError(`reproduce: ${arm.algorithm} was not measured.`);
      return cost;
    };
    const left = limits.budgetSeconds - (performance.now() - begun) / 1000;
    const planned = planWithin(experiment, costOf, { ...limits, budgetSeconds: left });
    if ('leastSeconds' in planned)
      throw new UsageError(
        `${formatDuration(limits.budgetSeconds)} are too few: the smallest experiment takes about ${formatDuration(planned.leastSeconds)} on this machine, and measuring took ${formatDuration((performance.now() - begun) / 1000)}`,
        'Give more with --budget, or fewer algorithms with --algorithms.',
      );
    const { plan } = planned;
    const measured = new Set(costs.map(({ environment }) => environment));
    toMeasure = [...new Set(plan.arms.map(({ environment }) => environment))].filter(
      (environment) => !measured.has(environment),
    );
    if (toMeasure.length === 0) return { plan, costs };
  }
}
