import type { RawConfig } from './config-file.ts';
import type { SettingsTree, ValuesOf } from './settings.ts';
import type { Ui } from './ui.ts';

/** What a command was called with. */
export interface Call<S extends SettingsTree, O extends SettingsTree> {
  /** As given, in the order of the command's own; optional ones may be missing. */
  readonly arguments: readonly string[];
  readonly settings: ValuesOf<S>;
  readonly options: ValuesOf<O>;
  /** The settings of file and flags alone, as they were given. */
  readonly given: RawConfig;
  readonly ui: Ui;
}

/** A command of the command line. Importing one loads nothing of what it does. */
export interface Command<S extends SettingsTree = SettingsTree, O extends SettingsTree = SettingsTree> {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly description: string;
  /** As help shows them, `<needed>`, `[optional]` or `<several...>`, with what each is. */
  readonly arguments: Readonly<Record<string, string>>;
  /**
   * Each is a flag; in a file that `--config` names they have the same names in camelCase. Those below `agent`, where there are
   * any, are of the default algorithm, in whose place the one comes that `algo` names.
   */
  readonly settings: S;
  /** Flags that no file may hold. One called `config` names a file with settings. */
  readonly options: O;
  /** What settings go by where neither file nor flags say: those of a run that is gone on with. */
  base?(options: ValuesOf<O>): Promise<RawConfig>;
  /** Lines to type; the first stands in the program's own help too. */
  readonly examples: readonly [string, ...string[]];
  /** What help says at its end. */
  readonly notes?: string;
  /** Does it, loading what that takes. */
  run(call: Call<S, O>): Promise<void>;
}

/** Gives a command its types. */
export const defineCommand = <S extends SettingsTree, O extends SettingsTree>(
  command: Command<S, O>,
): Command<S, O> => command;
