import { Command, type CommanderError } from 'commander';
import { z } from 'zod';
import { mergeConfig, parseSettings, readConfigFile } from './config-file.ts';
import {
  compareSchema,
  demoSchema,
  envSpeedSchema,
  evalSchema,
  exportSchema,
  renderSchema,
  RESUMABLE,
  speedSchema,
  trainSchema,
} from '../runs/config.ts';
import { UsageError } from './errors.ts';
import { addFlags, flagOf, givenFlags } from './flags.ts';
import { createUi, type Io, type Ui } from './ui.ts';
import { ownVersion } from './versions.ts';

const globalSchema = z.object({
  json: z.boolean().default(false),
  quiet: z.boolean().default(false),
  verbose: z.boolean().default(false),
});

const resumeSchema = z.object({ resume: z.string().optional(), from: z.string().optional() });

const fileSchema = z.object({ config: z.string().optional(), force: z.boolean().default(false) });

/** Declares the command line. Errors are thrown, never printed, and nothing exits. */
export function createProgram(io: Io): Command {
  const program = new Command('meow-bench')
    .description(
      'Train, evaluate, export and measure MEow: maximum-entropy RL with energy-based normalizing flows.',
    )
    .version(ownVersion(), '--version', 'print the version')
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
    .addHelpText(
      'after',
      examples(
        'meow-bench demo',
        'meow-bench train --env MultiGoal-v0 --seed 1 --out runs/try',
        'meow-bench eval runs/try --episodes 20 --stochastic',
        'meow-bench export runs/try --out policy/',
        'meow-bench render runs/try --out replay.html',
        'meow-bench speed --threads 1 --json',
        'meow-bench compare runs --out comparison',
      ),
    );

  // Global options may stand before or after the subcommand, so they are known only when its action runs.
  const ui = (): Ui => createUi(io, globalSchema.parse(program.opts()));

  addDemo(program, ui);
  addTrain(program, ui);
  addEval(program, ui);
  addExport(program, ui);
  addRender(program, ui);
  addSpeed(program, ui);
  addEnvSpeed(program, ui);
  addCompare(program, ui);
  for (const command of [program, ...program.commands]) explainErrors(command);
  return program;
}

function addDemo(program: Command, ui: () => Ui): void {
  const command = program
    .command('demo')
    .summary("train on the multi-goal task and draw the paper's Figure 1")
    .description(
      "Train on the multi-goal task, draw the paper's Figure 1 from the run (soft value with trajectories, error of the " +
        'soft value) and write report.html beside the exported policies. An earlier demo in the folder is replaced.',
    )
    .option('--config <file>', 'JSON or YAML file with settings, named as the flags but in camelCase')
    .option('--force', 'replace the run that the folder holds, even if it is no demo')
    .addHelpText('after', examples('meow-bench demo', 'meow-bench demo --seed 3 --out runs/demo-3'));
  addFlags(command, demoSchema).action(async () => {
    const { settings, force } = await givenSettings(command, demoSchema);
    const { demo } = await import('../commands/demo.ts');
    await demo(parseSettings(demoSchema, settings, 'command line'), { force }, ui());
  });
}

function addTrain(program: Command, ui: () => Ui): void {
  const command = program
    .command('train')
    .summary('train an agent')
    .description(
      'Train an agent. Settings come from the preset of the environment, over it the file given with --config, over ' +
        'that the flags. The resolved settings are kept in config.json, which --config accepts again.',
    )
    .option(
      '--config <file>',
      'JSON or YAML file with settings, named as the flags but in camelCase, the agent\'s below "agent"',
    )
    .option('--force', 'replace the run that the folder holds')
    .option(
      '--resume <run>',
      'go on with the run in a folder, to the bits that it would have had, or with more --steps, to those of a run begun with as many',
    )
    .option('--from <step>', 'with --resume: from this checkpoint instead of the newest')
    .addHelpText(
      'after',
      examples(
        'meow-bench train --algo meow --env MultiGoal-v0 --seed 1 --steps 6000 --out runs/try',
        'meow-bench train --config settings.yaml --alpha 1.5 --hidden 64,64',
        'meow-bench train --config runs/try/config.json --seed 2 --out runs/again',
        'meow-bench train --env ./my-env.ts#makeEnv --max-steps 200',
        'meow-bench train --resume runs/try',
        'meow-bench train --resume runs/try --steps 12000',
      ),
    )
    .addHelpText(
      'after',
      `\nWith --resume, flags and --config may change what leaves the numbers of the training alone:\n  ${RESUMABLE.map((name) => flagOf({ path: [name] })).join(' ')}\nAny other setting is fine only with the value that the run has.`,
    );
  addFlags(command, trainSchema).action(async () => {
    const { settings, force } = await givenSettings(command, trainSchema);
    const { resume, from } = resumeSchema.parse(command.opts());
    if (resume !== undefined) {
      if (resume === '')
        throw new UsageError('--resume can\'t be ""', 'Give the folder that "meow-bench train" wrote.');
      if (force)
        throw new UsageError(
          '--resume goes on with a run, which --force replaces',
          'Give one of them: --force goes with --out.',
        );
      const { resumeTraining } = await import('../commands/resume.ts');
      return resumeTraining(resume, { from: stepOf(from), given: settings }, ui());
    }
    if (from !== undefined) throw new UsageError('--from goes with --resume', 'Name the run with --resume.');
    const { train } = await import('../commands/train.ts');
    await train(parseSettings(trainSchema, settings, 'command line'), { force }, ui());
  });
}

function stepOf(text: string | undefined): number | undefined {
  if (text === undefined || /^\d+$/.test(text)) return text === undefined ? undefined : Number(text);
  throw new UsageError(`--from can't be ${JSON.stringify(text)}`, 'Give the step of a checkpoint.');
}

/** The settings of the file that `--config` names, and over them the flags. */
async function givenSettings(command: Command, schema: z.ZodObject) {
  const { config: path, force } = fileSchema.parse(command.opts());
  const file = path === undefined ? {} : await readConfigFile(path);
  // Checked alone first, so that the message can tell the file's mistakes from the flags'.
  if (path !== undefined) parseSettings(schema, file, path);
  return { settings: mergeConfig(file, givenFlags(command, schema)), force };
}

function addEval(program: Command, ui: () => Ui): void {
  const command = program
    .command('eval')
    .summary('play episodes with a trained policy')
    .description(
      'Play episodes with the policy of a run, or with an exported policy.onnx, and report their returns and how they ended.',
    )
    .argument('<run>', 'folder of a run, or a policy.onnx')
    .addHelpText(
      'after',
      examples(
        'meow-bench eval runs/try',
        'meow-bench eval runs/try --episodes 20 --stochastic --json',
        'meow-bench eval runs/try/policy/policy.onnx',
        'meow-bench eval policy.onnx --env ./my-env.ts#makeEnv',
      ),
    );
  addFlags(command, evalSchema).action(async (run: string) => {
    const config = parseSettings(evalSchema, givenFlags(command, evalSchema), 'command line');
    const { evaluate } = await import('../commands/eval.ts');
    await evaluate(run, config, ui());
  });
}

function addExport(program: Command, ui: () => Ui): void {
  const command = program
    .command('export')
    .summary('write a trained policy as ONNX files')
    .description(
      'Write policy.onnx (most likely action), policy-stochastic.onnx (sampled action with log-probability) and ' +
        'critic.onnx (Q and V). Before they are kept, the policy is compared with the agent on observations of the run, ' +
        'the others with its programs in float64.',
    )
    .argument('<run>', 'folder of a run')
    .addHelpText('after', examples('meow-bench export runs/try', 'meow-bench export runs/try --out policy/'));
  addFlags(command, exportSchema).action(async (run: string) => {
    const config = parseSettings(exportSchema, givenFlags(command, exportSchema), 'command line');
    const { exportPolicy } = await import('../commands/export.ts');
    await exportPolicy(run, config, ui());
  });
}

function addRender(program: Command, ui: () => Ui): void {
  const command = program
    .command('render')
    .summary('draw episodes of a MuJoCo task in 3D')
    .description(
      'Play episodes of a MuJoCo task with the policy of a run, with an exported policy.onnx or at random. Write each ' +
        'as a compact recording (.qpos) and all of them as one HTML file, which replays them in any browser.',
    )
    .argument('[run]', 'folder of a run, or a policy.onnx')
    .addHelpText(
      'after',
      examples(
        'meow-bench render runs/cheetah',
        'meow-bench render runs/cheetah/policy/policy.onnx --out cheetah.html --episodes 3',
        'meow-bench render --random --env Hopper-v5',
      ),
    );
  addFlags(command, renderSchema).action(async (run: string | undefined) => {
    const config = parseSettings(renderSchema, givenFlags(command, renderSchema), 'command line');
    const { render } = await import('../commands/render.ts');
    await render(run, config, ui());
  });
}

function addSpeed(program: Command, ui: () => Ui): void {
  const command = program
    .command('speed')
    .summary('time updates, actions and the training loop')
    .description(
      "Time an algorithm's updates, actions and replay with its default networks on random data, and the training loop on HalfCheetah-v5. " +
        'With --peers the same update in PyTorch and JAX takes turns with ours, and for SAC the loops of Stable-Baselines3 and sbx; npm run peers:setup installs them.',
    )
    .addHelpText(
      'after',
      examples(
        'meow-bench speed --threads 1 --json',
        'meow-bench speed --observation-size 348 --action-size 17 --profile --roofline',
        'meow-bench speed --peers torch,jax --rounds 20',
        'meow-bench speed --algo sac --peers torch,jax',
        'meow-bench speed --all --json',
        'meow-bench speed --loop-steps 0 --soak 50000',
      ),
    );
  addFlags(command, speedSchema).action(async () => {
    const config = parseSettings(speedSchema, givenFlags(command, speedSchema), 'command line');
    const { speed } = await import('../commands/speed.ts');
    await speed(config, ui());
  });
}

function addEnvSpeed(program: Command, ui: () => Ui): void {
  const command = program
    .command('env-speed')
    .summary('time the MuJoCo environments')
    .description(
      'Count the steps per second of MuJoCo tasks under random actions: of the environment and of bare MuJoCo in one ' +
        'thread, of vector environments over worker threads, and of Gymnasium where Python has it.',
    )
    .addHelpText(
      'after',
      examples('meow-bench env-speed', 'meow-bench env-speed --envs HalfCheetah-v5,Ant-v5 --json'),
    );
  addFlags(command, envSpeedSchema).action(async () => {
    const config = parseSettings(envSpeedSchema, givenFlags(command, envSpeedSchema), 'command line');
    const { envSpeed } = await import('../commands/env-speed.ts');
    await envSpeed(config, ui());
  });
}

function addCompare(program: Command, ui: () => Ui): void {
  const command = program
    .command('compare')
    .summary('compare runs over their seeds')
    .description(
      'Group runs by environment, algorithm and settings, and report over their seeds: mean and standard deviation of ' +
        'the final evaluation, interquartile mean with a bootstrap interval, average of the last evaluations, and how ' +
        'likely one algorithm beats another. Runs in progress count with what they have.',
    )
    .argument('<runs...>', 'folders of runs, or folders that they lie in')
    .addHelpText(
      'after',
      examples(
        'meow-bench compare runs',
        'meow-bench compare runs/HalfCheetah-v5 runs/Hopper-v5 --out comparison',
        'meow-bench compare runs/HalfCheetah-v5/meow --json',
      ),
    );
  addFlags(command, compareSchema).action(async (runs: string[]) => {
    const config = parseSettings(compareSchema, givenFlags(command, compareSchema), 'command line');
    const { compare } = await import('../commands/compare.ts');
    await compare(runs, config, ui());
  });
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

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
