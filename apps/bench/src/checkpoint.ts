import { open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';

import type { MeowAgent } from '@meow-rl/meow';
import { decodeSafetensors, encodeSafetensors } from '@meow-rl/train';
import { makeFolder } from '@meow-rl/train/node';

import { CliError, hasCode } from './errors.ts';

/** The parameters at the end of a run, in the run's folder. */
export const FINAL_CHECKPOINT = path.join('checkpoints', 'final.safetensors');

const PARTS = ['parameters', 'target'] as const;

/** Saves the agent's parameters and target, whole or not at all. */
export async function saveCheckpoint(file: string, agent: MeowAgent, step: number): Promise<void> {
  const values = { parameters: agent.parameters(), target: agent.targetParameters() };
  const tensors = Object.fromEntries(
    PARTS.flatMap((part) =>
      Object.entries(values[part]).map(([name, tensor]) => [`${part}/${name}`, tensor] as const),
    ),
  );
  const bytes = encodeSafetensors(tensors, { algorithm: agent.algorithm, step: String(step) });
  const temporary = `${file}.tmp`;
  try {
    await makeFolder(path.dirname(file));
    const handle = await open(temporary, 'w');
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new CliError(
      `can't save ${file}: ${String(error)}`,
      'Make room or give another folder with --out.',
      {
        cause: error,
      },
    );
  }
}

/**
 * Puts saved parameters into an agent.
 *
 * @returns the environment step at which they were saved
 * @throws CliError if the file is missing, damaged, or of an agent with other networks
 */
export async function loadCheckpoint(file: string, agent: MeowAgent): Promise<number> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    throw new CliError(
      `${file} does not exist: the run has not finished, or its checkpoint was removed`,
      'Train again with --force.',
      {
        cause: error,
      },
    );
  }
  const { tensors, metadata } = decodeSafetensors(bytes, file);
  const part = (name: (typeof PARTS)[number]) =>
    Object.fromEntries(
      Object.entries(tensors).flatMap(([key, tensor]) =>
        key.startsWith(`${name}/`) ? [[key.slice(name.length + 1), tensor] as const] : [],
      ),
    );
  try {
    agent.loadParameters(part('parameters'), part('target'));
  } catch (error) {
    throw new CliError(
      `${file} does not fit the networks in config.json (${error instanceof Error ? error.message : String(error)})`,
      'Restore the config.json of that run.',
      { cause: error },
    );
  }
  return Number(metadata['step'] ?? 0);
}
