import { Help, type Command as CommanderCommand, type Option } from 'commander';

import {
  agentSettings,
  agentSettingsFor,
  algorithmOf,
  othersWith,
  recordedSettings,
  settingOfOthers,
} from '../algorithms/agent-settings.ts';
import type { Algorithm } from '../algorithms/algorithm.ts';
import { ALGORITHMS, algorithmNamed, DEFAULT_ALGORITHM } from '../algorithms/index.ts';
import type { Command } from './command.ts';
import {
  isRecorded,
  mergeConfig,
  parseSettings,
  readWholeConfig,
  withoutRecord,
  type RawConfig,
} from './config-file.ts';
import { flagOf, givenFlags, optionOf } from './flags.ts';
import { settingsIn, type SettingsTree } from './settings.ts';
import type { Ui } from './ui.ts';

/** Declares a command with a flag for each of its settings. */
export function addCommand(program: CommanderCommand, definition: Command, ui: () => Ui): void {
  const { name, summary, description, options, examples, notes } = definition;
  const { agent, ...settings } = definition.settings;
  const command = program.command(name).summary(summary).description(description);
  for (const [argument, meaning] of Object.entries(definition.arguments)) command.argument(argument, meaning);
  for (const placed of settingsIn({ ...options, ...settings })) command.addOption(optionOf(placed));
  if (agent) addAgentFlags(command);
  command.addHelpText('after', exampleText(examples));
  if (notes !== undefined) command.addHelpText('after', `\n${notes}`);
  command.action(async () => {
    const chosen = parseSettings(options, givenFlags(command, options), 'command line');
    const { config: path } = chosen;
    const file = typeof path === 'string' ? { path, settings: await settingsInFile(path) } : undefined;
    const base = (await definition.base?.(chosen)) ?? {};
    const flags = givenFlags(command, settings);
    const algorithm = agent && algorithmOf({ ...base, ...file?.settings, ...flags });
    const treeFor = (given: RawConfig, source: string): SettingsTree =>
      algorithm ? { ...settings, agent: agentSettingsFor(given, source, algorithm) } : settings;
    // Checked alone first, so that the message can tell the file's mistakes from the flags'.
    if (file) parseSettings(treeFor(file.settings, file.path), file.settings, file.path);
    const agentFlags = algorithm ? givenAgentFlags(command, algorithm) : {};
    const given = [flags, agentFlags].reduce(mergeConfig, file?.settings ?? {});
    const all = mergeConfig(base, given);
    await definition.run({
      arguments: command.args,
      settings: parseSettings(treeFor(all, 'command line'), all, 'command line'),
      options: chosen,
      given,
      ui: ui(),
    });
  });
}

/** The settings of `--config`. */
async function settingsInFile(path: string): Promise<RawConfig> {
  const content = await readWholeConfig(path);
  const settings = withoutRecord(content);
  return isRecorded(content) ? recordedSettings(settings) : settings;
}

/** `Examples:` with a line for each. */
export const exampleText = (lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;

/** A setting of each name that some algorithm has. */
const settingsOfAll = () => settingsIn({ agent: Object.assign({}, ...ALGORITHMS.map(agentSettings)) });

/** Adds the flags of all algorithms' settings. Help shows those of one. */
function addAgentFlags(command: CommanderCommand): void {
  for (const placed of settingsOfAll()) command.addOption(optionOf(placed).hideHelp());
  command.configureHelp({
    ...command.configureHelp(),
    visibleOptions: (shown) => [
      ...new Help().visibleOptions(shown),
      ...helpOf(algorithmNamed(String(shown.opts()['algo'] ?? DEFAULT_ALGORITHM))),
    ],
  });
}

const helpOf = (algorithm: Algorithm): Option[] =>
  settingsIn({ agent: agentSettings(algorithm) }).map((placed) =>
    optionOf(placed).helpGroup(`Settings of ${algorithm.name}:`),
  );

/**
 * The settings of an algorithm that are given as flags.
 *
 * @throws UsageError for one of another algorithm
 */
function givenAgentFlags(command: CommanderCommand, algorithm: Algorithm): RawConfig {
  const isResumed = command.getOptionValueSource('resume') === 'cli';
  for (const placed of settingsOfAll()) {
    if (command.getOptionValueSource(optionOf(placed).attributeName()) !== 'cli') continue;
    const name = placed.path.at(-1) ?? '';
    if (othersWith(name, algorithm).length > 0)
      throw settingOfOthers(name, (setting) => flagOf({ path: [setting] }), algorithm, { isResumed });
  }
  return givenFlags(command, { agent: agentSettings(algorithm) });
}
