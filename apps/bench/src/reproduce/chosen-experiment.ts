import type { RawConfig } from '../cli/config-file.ts';
import { UsageError } from '../cli/errors.ts';
import { unknownName } from '../cli/unknown-name.ts';
import type { ReproduceConfig } from '../commands/reproduce.ts';
import { EXPERIMENTS, FIGURES, ISAAC_GPU_ENVIRONMENTS, type Experiment, type Figure } from './experiments.ts';
import { checkIsaac, hasGpu } from './isaac.ts';
import { settingsOfRun } from './measure-costs.ts';
import { warmupOf } from './plan.ts';

/**
 * The figure of a name.
 *
 * @throws UsageError if there is none
 */
export function figureNamed(name: string): Figure {
  const figure = FIGURES.find((known) => known === name);
  if (figure === undefined) throw unknownName('figure', name, FIGURES);
  return figure;
}

/**
 * The experiment with what the user has chosen of it.
 *
 * @param simulator settings of runs in a simulator
 * @throws UsageError for what the figure hasn't, what is there twice, and for fig3 without Isaac Lab
 */
export async function chosenExperiment(
  figure: Figure,
  { environments: chosen, algorithms, steps, python }: ReproduceConfig,
  simulator: RawConfig,
): Promise<Experiment> {
  const experiment = EXPERIMENTS[figure];
  checkOnce('environments', chosen);
  checkOnce('algorithms', algorithms);
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
  const selected = { ...experiment, environments: chosen ?? environments, armsOf };
  // Refuses environments that there are not, or that the figure has no runs in, and too few steps, before anything is measured.
  for (const environment of selected.environments)
    for (const arm of armsOf(environment)) {
      const asked = steps !== undefined && {
        steps,
        ...warmupOf(selected, { environment, arm, steps }),
      };
      await settingsOfRun({ environment, arm }, { ...simulator, ...asked });
    }
  return selected;
}

function checkOnce(flag: string, names: readonly string[] = []): void {
  const repeated = names.find((name, i) => names.indexOf(name) < i);
  if (repeated !== undefined)
    throw new UsageError(`--${flag} names ${repeated} twice`, 'Name each once; --seeds gives further runs.');
}
