import { formerValuesOf, type Setting } from '@meow-rl/learner/settings';

import { mergeConfig, type RawConfig } from '../cli/config-file.ts';
import { UsageError } from '../cli/errors.ts';
import { sharingWords } from '../cli/suggest.ts';
import type { CommandSetting } from '../cli/settings.ts';
import type { Algorithm } from './algorithm.ts';
import { ALGORITHMS, algorithmNamed, DEFAULT_ALGORITHM } from './index.ts';

/** What a setting means, and with which others it has an effect. */
export function meaningOf({ description, onlyWith = {} }: Setting<unknown>): string {
  const conditions = Object.entries(onlyWith).map(([name, values]) => `${name} ${values.join(' or ')}`);
  return conditions.length === 0 ? description : `${description}; only with ${conditions.join(' and ')}`;
}

/** Settings of an algorithm's agent as a command has them: the preset comes before their defaults. */
export const agentSettings = ({
  settings,
}: Pick<Algorithm, 'settings'>): Readonly<Record<string, CommandSetting>> =>
  Object.fromEntries(
    Object.entries(settings).map(([name, { default: value, ...setting }]) => [
      name,
      {
        ...setting,
        description: meaningOf({ ...setting, default: value }),
        absent: `from the preset, or ${Array.isArray(value) ? value.join(',') : String(value)}`,
      },
    ]),
  );

/**
 * The algorithm that settings name.
 *
 * @throws UsageError if there is none of that name
 */
export const algorithmOf = ({ algo = DEFAULT_ALGORITHM }: RawConfig): Algorithm =>
  // What is no text is refused where all settings are checked.
  algorithmNamed(typeof algo === 'string' ? algo : DEFAULT_ALGORITHM);

/**
 * Settings that a run recorded. It records all there are, so one that is missing came later: the run goes on as it was begun,
 * with what agents computed with before.
 *
 * @throws UsageError if there is no such algorithm
 */
export function recordedSettings(recorded: RawConfig): RawConfig {
  const { fused, ...settings } = recorded;
  // Before there were others, a switch told two engines apart; before that there was one. Threads had to be asked for.
  const former = { engine: fused === true ? 'fused' : 'onnxruntime', parallel: 'off' };
  // What is recorded stands first too, so that messages name what is there.
  return [former, { agent: formerValuesOf(algorithmOf(settings).settings) }, settings].reduce(
    mergeConfig,
    settings,
  );
}

/** The other algorithms that have a setting of this name; none if `algorithm` has it too. */
export const othersWith = (name: string, algorithm: Algorithm): readonly Algorithm[] =>
  Object.hasOwn(algorithm.settings, name)
    ? []
    : ALGORITHMS.filter(({ settings }) => Object.hasOwn(settings, name));

/**
 * The error for a setting that other algorithms have, and the one that is trained hasn't.
 *
 * @param written how a setting is written where it was given
 */
export function settingOfOthers(
  name: string,
  written: (name: string) => string,
  algorithm: Algorithm,
  { source, isResumed = false }: { readonly source?: string; readonly isResumed?: boolean } = {},
): UsageError {
  const others = othersWith(name, algorithm).map((other) => other.name);
  const near = sharingWords(name, Object.keys(algorithm.settings)).map(written);
  const instead = near.length === 0 ? '' : `${algorithm.name} has ${near.join(', ')}. `;
  return new UsageError(
    `${source === undefined ? '' : `${source}: `}${written(name)} is a setting of ${others.join(', ')}, not of ${algorithm.name}`,
    // A run keeps its algorithm.
    isResumed ? 'Leave it out.' : `${instead}Leave it out, or train with --algo ${others[0]}.`,
  );
}

/**
 * {@link agentSettings} for the algorithm that settings name, none of which is another algorithm's.
 *
 * @param source where they were written, for the message
 * @throws UsageError for one that another algorithm has
 */
export function agentSettingsFor(raw: RawConfig, source: string, algorithm = algorithmOf(raw)) {
  const { agent } = raw;
  for (const name of typeof agent === 'object' && agent !== null ? Object.keys(agent) : []) {
    if (othersWith(name, algorithm).length > 0)
      throw settingOfOthers(name, (setting) => `agent.${setting}`, algorithm, { source });
  }
  return agentSettings(algorithm);
}
