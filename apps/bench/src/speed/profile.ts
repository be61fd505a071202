import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { loadStep, lower } from '@meow-rl/graph';
import type { Program } from '@meow-rl/graph';
import { meowModel, resolveMeowConfig, updateProgram } from '@meow-rl/meow';
import type { MeowModel, UpdateProgram } from '@meow-rl/meow';
import { createGenerator } from '@meow-rl/random';

import { CliError } from '../cli/errors.ts';
import { isFused, measuredRuntime, randomBatch } from './own.ts';
import type { Measured } from './own.ts';
import { phasesOf, summarizeProfile } from './phases.ts';
import type { ProfileRow } from './phases.ts';
import { durations, quantile } from './statistics.ts';

/** The update of a measured network as a program, with what its dropout draws from. */
export function measuredUpdate({
  batchSize,
  seed,
  ...sizes
}: Measured): UpdateProgram & { readonly model: MeowModel } {
  const model = meowModel(sizes, resolveMeowConfig({ batchSize }));
  return { model, ...updateProgram(model, seed) };
}

/** What follows the engine's part of an update, in one pass over the parameters. */
async function profileStep(program: Program, runs: number): Promise<ProfileRow[]> {
  const [plan] = lower(program).steps;
  if (!plan) throw new Error('an update has no step. Please report this.');
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

/** Profiles some updates; the time per operator and phase includes what profiling itself costs. */
export async function profileUpdates(measured: Measured, runs: number): Promise<ProfileRow[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'meow-bench-profile-'));
  try {
    const { model, program, dropout } = measuredUpdate(measured);
    const runtime = measuredRuntime({
      threads: measured.threads,
      profilePrefix: path.join(folder, 'update'),
    });
    const learner = await runtime.load(program);
    const random = createGenerator(measured.seed);
    const initial = model.initialize(random);
    learner.writeState('parameters', initial);
    learner.writeState('target', initial);
    const batch = randomBatch(measured);
    const offsets = new Int32Array(model.dropoutLayers);
    for (let run = 0; run < runs; run++) {
      if (dropout) random.fillIntegers(offsets, dropout.offsets);
      await learner.run({
        observation: batch.observations,
        action: batch.actions,
        reward: batch.rewards,
        nextObservation: batch.nextObservations,
        discount: new Float32Array(measured.batchSize).fill(0.99),
        weight: new Float32Array(measured.batchSize).fill(1),
        dropoutOffsets: offsets,
      });
    }
    // The engine writes the file when its session ends.
    await learner.dispose();
    const [file] = await readdir(folder);
    if (file === undefined)
      throw new CliError('onnxruntime wrote no profile', `Look whether ${tmpdir()} can be written to.`);
    return [
      ...summarizeProfile(
        JSON.parse(await readFile(path.join(folder, file), 'utf8')),
        phasesOf(program, { fuses: isFused() }),
        runs,
      ),
      ...(await profileStep(program, runs)),
    ].toSorted((a, b) => b.milliseconds - a.milliseconds);
  } finally {
    await rm(folder, { recursive: true });
  }
}
