import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { agentSettings } from '../algorithms/agent-settings.ts';
import { algorithmNamed } from '../algorithms/index.ts';
import { RESUMABLE, trainSettings } from './train-settings.ts';
import { readWholeConfig, type RawConfig } from '../cli/config-file.ts';
import { formatEnvReference, resolveEnvReference } from '../environments/env-reference.ts';
import { isBridge } from '../environments/bridge.ts';
import { isKnownEnvironment } from '../environments/environments.ts';
import { UsageError } from '../cli/errors.ts';
import type { ResolvedTrain } from './resolve.ts';
import { CONFIG } from './run-files.ts';
import type { RunFolder } from './run-folder.ts';
import { settingsIn, valueAt } from '../cli/settings.ts';
import { versions } from '../cli/versions.ts';

/** Settings that a run goes on with, where they are others than before. */
export type Changes = Readonly<Record<string, { readonly before: unknown; readonly now: unknown }>>;

const resumable: ReadonlySet<string> = new Set(RESUMABLE);

/**
 * What given settings change in a run. One given with the value that the run has is no change.
 *
 * @throws UsageError for one that a run can't go on with to the bits that it would have had
 */
export function changesOnResume(run: string, settings: ResolvedTrain, given: RawConfig): Changes {
  const changes: Record<string, Changes[string]> = {};
  const algorithm = algorithmNamed(settings.algo);
  const agent = agentSettings(algorithm);
  for (const { path: keys } of settingsIn({ ...trainSettings, agent })) {
    const name = keys.join('.');
    const value = valueAt(given, keys);
    if (value === undefined) continue;
    const now = asKept(name, value);
    // Chosen when the run was begun.
    if ((name === 'engine' || name === 'parallel') && now === 'auto') continue;
    // Left are the threads of evaluations, which change no number.
    if (name === 'parallel' && settings.learnerThreads === 0 && settings.workers === 0) continue;
    if (name === 'out') checkFolder(run, now);
    else {
      const before = valueAt(settings, keys);
      if (isDeepStrictEqual(now, before)) continue;
      if (!resumable.has(name)) throw fixedSetting(run, keys, before, now);
      if (name === 'steps' && algorithm.goesBySteps?.(settings.agent) === true)
        throw new UsageError(
          `steps can't change on resume: the learning rate of ${run} falls to 0 over its ${shown(before)} steps, and ${shown(now)} was given`,
          `Leave it out, or begin a new run with --config ${path.join(run, CONFIG)} and --out.`,
        );
      changes[name] = { before, now };
    }
  }
  return changes;
}

/** Settings that name a place, which may be another one elsewhere. `environment` says which one it is. */
const PLACES: ReadonlySet<string> = new Set(['env']);

/** The settings that a run can't go on with others of, for its checkpoints. */
export function lastingSettings({ agent, ...settings }: ResolvedTrain): Readonly<Record<string, unknown>> {
  const lasting = Object.entries(settings).filter(
    ([name, value]) => value !== undefined && !resumable.has(name) && !PLACES.has(name),
  );
  return { ...Object.fromEntries(lasting), agent: { ...agent } };
}

/** Settings of a run and of its agent in one, by name. */
function leaves({ agent, ...others }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { ...others, ...(typeof agent === 'object' && agent) };
}

/**
 * Compares the settings of a run with those that a checkpoint was saved with; older checkpoints hold none.
 *
 * @throws UsageError for one that was changed in `config.json`
 */
export function checkSavedSettings(
  run: string,
  settings: ResolvedTrain,
  saved: Readonly<Record<string, unknown>> | undefined,
  step: number,
): void {
  if (!saved) return;
  const now = leaves(lastingSettings(settings));
  for (const [name, before] of Object.entries(leaves(saved))) {
    const value = now[name];
    if (value === undefined || isDeepStrictEqual(value, before)) continue;
    const config = path.join(run, CONFIG);
    throw new UsageError(
      `${config} says ${name} ${shown(value)}, and checkpoint ${step} was trained with ${shown(before)}`,
      `Put ${shown(before)} back, or begin a new run with --config ${config} and --out.`,
    );
  }
}

/** A setting as a run keeps it, which has to mean the same in any folder. */
function asKept(name: string, value: unknown): unknown {
  if (name === 'logger') return path.resolve(String(value));
  if (name !== 'env') return value;
  const env = String(value);
  const reference = isKnownEnvironment(env) || isBridge(env) ? undefined : resolveEnvReference(env);
  return reference ? formatEnvReference(reference) : env;
}

function checkFolder(run: string, folder: unknown): void {
  if (path.resolve(String(folder)) === path.resolve(run)) return;
  throw new UsageError(
    `out can't change on resume: the run stays in ${run}, and ${String(folder)} was given`,
    'Leave it out; copy the folder first to go on with the copy.',
  );
}

const shown = (value: unknown): string => (Array.isArray(value) ? value.join(',') : String(value));

function fixedSetting(run: string, keys: readonly string[], before: unknown, now: unknown): UsageError {
  return new UsageError(
    `${keys.at(-1)} can't change on resume: ${run} was trained with ${shown(before)} so far, and ${shown(now)} was given`,
    `Leave it out, or begin a new run with --config ${path.join(run, CONFIG)} and --out; what may change is ${RESUMABLE.join(', ')}.`,
  );
}

/** The settings of changes as they now are. */
export const changedSettings = (changes: Changes): RawConfig =>
  Object.fromEntries(Object.entries(changes).map(([name, { now }]) => [name, now]));

/** `steps 800 instead of 400` */
export const describeChanges = (changes: Changes): string =>
  Object.entries(changes)
    .map(([name, { before, now }]) => `${name} ${shown(now)} instead of ${shown(before ?? 'none')}`)
    .join(', ');

/**
 * Puts the settings that a run goes on with into its `config.json`, whole or not at all, and what they were below `changes`.
 *
 * @param step that it goes on from
 */
export async function recordChanges(
  folder: RunFolder,
  settings: ResolvedTrain,
  changes: Changes,
  step: number,
): Promise<void> {
  const config = await readWholeConfig(folder.file(CONFIG));
  const earlier = Array.isArray(config['changes']) ? config['changes'] : [];
  await folder.writeJson(CONFIG, {
    ...config,
    ...settings,
    changes: [...earlier, { step, settings: changes, versions: versions() }],
  });
}
