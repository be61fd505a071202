import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { loadStep, lower, staticSize } from '@meow-rl/graph';
import type { InputData, Program } from '@meow-rl/graph';
import { loweringFor } from '@meow-rl/onnxruntime-fused';
import { createGenerator } from '@meow-rl/random';
import type { Generator } from '@meow-rl/random';

import { CliError } from '../cli/errors.ts';
import { loadEngine } from '../runs/engines.ts';
import type { Measured } from './measured-agent.ts';
import { addUp, phasesOf, summarizeProfile } from './phases.ts';
import type { ProfileRow } from './phases.ts';
import { durations, quantile } from './statistics.ts';
import { updatePrograms } from './update-programs.ts';

/** What follows the engine's part of a program, in one pass over the parameters. */
async function profileStep(program: Program, runs: number): Promise<ProfileRow[]> {
  const [plan] = lower(program).steps;
  if (!plan) return [];
  const step = await loadStep(plan);
  // Ordinary numbers: those next to 0 take longer.
  for (const vector of step.vectors) vector.fill(0.5);
  const scalars = plan.scalars.map(() => 0.5);
  const times = await durations(runs, () => step.take(scalars));
  return [
    {
      phase: 'optimizer',
      operator: 'step',
      nodes: plan.operations.length,
      milliseconds: quantile(times, 0.5),
    },
  ];
}

/** States with the values of networks. */
const NETWORKS = /(^|\/)(parameters|target)$/;

/** Numbers of ordinary size for each input: actions lie in (-1, 1), and what counts from 0 is 0. */
function randomInputs({ inputs }: Program, random: Generator): Readonly<Record<string, InputData>> {
  const each = Object.entries(inputs).map(([name, { dtype, shape }]): [string, InputData] => {
    const size = staticSize(shape);
    if (dtype !== 'float32') return [name, new Int32Array(size)];
    const values = new Float32Array(size);
    random.fillUniform(values, -0.98, 0.98);
    return [name, values];
  });
  return Object.fromEntries(each);
}

/** Profiles some runs of one program of an update. */
async function profileProgram(
  program: Program,
  { threads, seed, engine }: Measured,
  runs: number,
): Promise<ProfileRow[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'meow-bench-profile-'));
  try {
    const runtime = await loadEngine(engine, { threads, profilePrefix: path.join(folder, 'update') });
    const executable = await runtime.load(program);
    const random = createGenerator(seed);
    for (const name of Object.keys(program.state).filter((state) => NETWORKS.test(state))) {
      const values = executable.state.read(name);
      random.fillUniform(values, -0.1, 0.1);
      executable.state.write(name, values);
    }
    const inputs = randomInputs(program, random);
    for (let run = 0; run < runs; run++) await executable.run(inputs);
    // The engine writes the file when its session ends.
    await executable.dispose();
    const [file] = await readdir(folder);
    if (file === undefined)
      throw new CliError('onnxruntime wrote no profile', `Look whether ${tmpdir()} can be written to.`);
    // As the engine has it, so that nodes have its names.
    const lowering = engine === 'fused' ? loweringFor(threads) : {};
    const profile: unknown = JSON.parse(await readFile(path.join(folder, file), 'utf8'));
    return [
      ...summarizeProfile(profile, phasesOf(program, lowering), runs),
      ...(await profileStep(program, runs)),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Profiles some updates; the time per operator and phase includes what profiling itself costs. */
export async function profileUpdates(measured: Measured, runs: number): Promise<ProfileRow[]> {
  const rows: ProfileRow[] = [];
  for (const program of updatePrograms(measured))
    rows.push(...(await profileProgram(program, measured, runs)));
  return addUp(rows);
}
