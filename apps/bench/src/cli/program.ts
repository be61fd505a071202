import { Command, type CommanderError } from 'commander';

import { COMMANDS } from '../commands/index.ts';
import { addCommand, exampleText } from './add-command.ts';
import { UsageError } from './errors.ts';
import { createUi, type Io, type Ui } from './ui.ts';
import { packageVersion } from './versions.ts';

/** Declares the command line. Errors are thrown, never printed, and nothing exits. */
export function createProgram(io: Io): Command {
  const program = new Command('meow-bench')
    .description('Train, evaluate, export and measure agents of maximum-entropy reinforcement learning.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .option('--json', 'print the result as JSON, and nothing else on stdout')
    .option('--quiet', 'print the result only')
    .option('--verbose', 'print the stack trace of an error')
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: () => {},
    })
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .addHelpText('after', exampleText(COMMANDS.map(({ examples: [first] }) => first)));

  // Global options may stand before or after the subcommand, so they are known only when its action runs.
  const ui = (): Ui => {
    const { json = false, quiet = false } = program.opts<{ json?: boolean; quiet?: boolean }>();
    return createUi(io, { json, quiet });
  };
  for (const command of COMMANDS) addCommand(program, command, ui);
  for (const command of [program, ...program.commands]) explainErrors(command);
  return program;
}

/** Turns commander's complaints into usage errors; help and version, which it also throws, pass. */
function explainErrors(command: Command): void {
  command.exitOverride((error: CommanderError) => {
    if (error.exitCode === 0 || error.code === 'commander.help') throw error;
    const [, cause = '', suggestion] =
      /^(?:error: )?(.*?)(?:\s*\((Did you mean .*)\))?$/s.exec(error.message) ?? [];
    const path = command.parent ? `${command.parent.name()} ${command.name()}` : command.name();
    throw new UsageError(cause.replace(/\.$/, ''), suggestion ?? `See ${path} --help.`);
  });
}
