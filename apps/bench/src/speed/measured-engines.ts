import type { SpeedConfig } from '../commands/speed.ts';
import { UsageError } from '../cli/errors.ts';
import { chooseEngine, expectEngine, PROFILING_ENGINES } from '../runs/engines.ts';
import { ENGINE_CHOICES, type EngineName } from '../runs/train-settings.ts';
import type { Ui } from '../cli/ui.ts';

/** The engine that is measured in every way, and those whose updates are timed beside it. */
export interface MeasuredEngines {
  readonly engine: EngineName;
  readonly others: readonly EngineName[];
}

/**
 * Reads `--engine onnxruntime,tfjs-wasm`, by default the engine that runs train on.
 *
 * @throws UsageError for an engine that isn't known or isn't there, or one that can't do what is asked for
 */
export async function chooseEngines(
  {
    engine: given = [ENGINE_CHOICES[0]],
    threads,
    profile,
  }: Pick<SpeedConfig, 'engine' | 'threads' | 'profile'>,
  ui: Pick<Ui, 'info'>,
): Promise<MeasuredEngines> {
  const choices = given.map((name) => {
    const choice = ENGINE_CHOICES.find((known) => known === name);
    if (choice) return chooseEngine(choice);
    throw new UsageError(
      `--engine can't be ${JSON.stringify(name)}`,
      `Give one or more of ${ENGINE_CHOICES.join(', ')}, separated by commas.`,
    );
  });
  for (const line of choices.flatMap(({ hint }) => hint)) ui.info(line);
  const [engine = 'onnxruntime', ...more] = new Set(choices.map((choice) => choice.engine));
  for (const measured of [engine, ...more]) await expectEngine({ engine: measured, threads });
  if (profile && !PROFILING_ENGINES.has(engine))
    throw new UsageError(
      `${engine} doesn't profile its operators`,
      `Leave --profile out, or name ${[...PROFILING_ENGINES].join(' or ')} first.`,
    );
  const plainBeside = given[0] === ENGINE_CHOICES[0] && engine === 'fused' && threads === 1;
  return { engine, others: plainBeside && more.length === 0 ? ['onnxruntime'] : more };
}
