import { availableParallelism } from 'node:os';
import path from 'node:path';

import { counted } from '../cli/counted.ts';
import { secondsOf } from '../cli/duration.ts';
import { CliError, UsageError } from '../cli/errors.ts';
import type { Ui } from '../cli/ui.ts';
import type { ReproduceConfig } from '../commands/reproduce.ts';
import { inFolder } from '../files/in-folder.ts';
import { guardWrite, writeAtomically } from '../runs/run-folder.ts';
import { planSweep } from '../sweep/plan.ts';
import { runSweep } from '../sweep/run-sweep.ts';
import { chosenExperiment, figureNamed } from './chosen-experiment.ts';
import { describePlan } from './describe-plan.ts';
import type { Experiment, Figure } from './experiments.ts';
import { measureCosts } from './measure-costs.ts';
import { checkBudget, planMeasured, type MeasuredPlan } from './plan-measured.ts';
import type { Limits } from './plan.ts';
import type { ReproduceRequest } from './request.ts';
import { runPlaceOf, simulatorOf, type RunPlace } from './run-place.ts';
import { readPlan, writePlan } from './saved-plan.ts';
import { sweepOfPlan } from './sweep-of-plan.ts';
import { writeFigure } from './write-figure.ts';

/** What is reproduced, all of it checked. */
interface Reproduction {
  readonly figure: Figure;
  readonly experiment: Experiment;
  readonly limits: Limits;
  readonly place: RunPlace;
  readonly out: string;
  readonly request: ReproduceRequest;
}

/**
 * Reproduces a figure of the paper within a budget of time: measures, says what it will run, runs it and writes a report. Called again,
 * it goes on where it was stopped.
 */
export async function reproduce(name: string, request: ReproduceRequest, ui: Ui): Promise<void> {
  const figure = figureNamed(name);
  const experiment = await chosenExperiment(figure, request, simulatorOf(request));
  const limits = limitsOf(experiment, request);
  const place = await runPlaceOf(request, experiment.environments);
  const out = request.out ?? path.join('runs', 'reproduce', figure);
  const reproduction = { figure, experiment, limits, place, out, request };

  const begun = await readPlan(out, askedFor(figure, request));
  if (!begun) checkBudget(experiment, limits);
  // To say what another process is running takes no lock.
  if (begun && request.dryRun) sayPlan(reproduction, { plan: begun, costs: [] }, ui);
  else await inFolder(out, () => reproduceIn(reproduction, ui));
}

async function reproduceIn(reproduction: Reproduction, ui: Ui): Promise<void> {
  const { figure, experiment, limits, place, out, request } = reproduction;
  const { engine, cores, retries, dryRun } = request;
  const { evaluationEpisodes } = limits;
  const running = { engine, cores, retries };
  const asked = askedFor(figure, request);

  const begun = await readPlan(out, asked);
  if (begun) ui.info(`Going on with ${out}`);
  const measured = begun
    ? { plan: begun, costs: [] }
    : await planMeasured(experiment, limits, ui, (measured) =>
        measureCosts(measured, { ...running, place, out, evaluationEpisodes }, ui),
      );
  const { plan } = measured;
  if (dryRun) {
    sayPlan(reproduction, measured, ui);
    return;
  }
  ui.info(`${experiment.title}\n\n${describePlan(plan, measured.costs, limits.cores)}\n`);
  const sweep = sweepOfPlan(experiment, plan, place, out);
  if (!begun) {
    // A plan that can't be run would refuse the command that is put right.
    await planSweep(sweep, engine);
    await writePlan(out, asked, plan);
  }

  const { trials } = await runSweep(sweep, running, ui);
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
  const { files, notPlayed } = await writeFigure(figure, { experiment, plan, folders, request, write }, ui);
  ui.result({ figure, out, plan, files, notPlayed, trials }, `Written: ${files.join(', ')}`);
  if (failed.length > 0)
    throw new CliError(
      `${failed.length} of ${counted(trials.length, 'run')} failed, and the report lacks them: ${failed.map((trial) => trial.name).join(', ')}`,
      'Run the same command again to go on with them.',
    );
}

const sayPlan = ({ figure, limits }: Reproduction, { plan, costs }: MeasuredPlan, ui: Ui): void =>
  ui.result({ figure, plan, costs }, describePlan(plan, costs, limits.cores));

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

/** What decides on the plan. */
function askedFor(figure: Figure, config: ReproduceConfig): string {
  const { budget, environments, algorithms, seeds, steps } = config;
  const given = { budget, environments, algorithms, seeds, steps };
  const flags = Object.entries(given).flatMap(([key, value]) =>
    value === undefined ? [] : [`--${key} ${Array.isArray(value) ? value.join(',') : String(value)}`],
  );
  return [figure, ...flags].join(' ');
}
