import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { nodeFileSystem, writeAndFlush, type FileSystem } from '@meow-rl/files';
import type { Actor, Deployment } from '@meow-rl/train';
import { makeFolder, writeProblem, writeRemedy } from '@meow-rl/train/node';
import * as ort from 'onnxruntime-node';

import { PolicyFileError } from './errors.ts';
import { draftOf, exchangeFiles, type FileSet } from './exchange-files.ts';
import { POLICY_FILES } from './file-names.ts';
import type { PolicyFile } from './file-names.ts';
import { loadPolicy } from './load-policy.ts';
import type { PolicyMetadata } from './metadata.ts';
import { policyFiles } from './policy-files.ts';
import { openPolicyFile } from './policy-session.ts';
import { verifyPolicy, verifySession } from './verify.ts';
import type { Verification, VerifyOptions } from './verify.ts';

/** A file of an export and how well it agrees with the agent. */
export interface ExportedFile extends Verification {
  readonly kind: PolicyFile;
  readonly path: string;
}

/** Options of {@link exportAgent}. */
export interface ExportOptions extends VerifyOptions {
  /** Default: Node's files. */
  readonly files?: FileSystem;
}

/**
 * Writes an agent's ONNX files into a folder. All are compared with the agent first, and only then take their names; the files
 * that the agent has none for any more are deleted.
 *
 * Whenever it is cut off, what lies there under its name is of one export, `policy.onnx` alone at the least.
 *
 * @param actor on raw observations: where the deployment has a normalizer, the agent that `normalizedAgent` returned
 * @throws PolicyFileError if a file does not agree with the agent or cannot be written; files of an earlier export then
 *   stay as they are
 */
export async function exportAgent(
  actor: Actor,
  deployment: Deployment,
  location: string,
  metadata: PolicyMetadata,
  { files = nodeFileSystem, ...options }: ExportOptions = {},
): Promise<ExportedFile[]> {
  // As the folder is made: `..` takes back the name before it.
  const folder = path.normalize(location);
  const contents = Object.entries(policyFiles(deployment, metadata)) as [PolicyFile, Uint8Array][];
  const targetOf = (kind: PolicyFile) => path.join(folder, POLICY_FILES[kind]);
  const written: ExportedFile[] = [];
  try {
    await makeFolder(folder, files);
    for (const [kind, bytes] of contents) {
      const target = targetOf(kind);
      await writeAndFlush(draftOf(target), bytes, files);
      const verification = await verifyFile(kind, draftOf(target), actor, deployment, options);
      written.push({ kind, path: target, ...verification });
    }
    const fileSet: FileSet = {
      folder,
      files: [targetOf('policy'), targetOf('stochastic'), targetOf('critic')],
      drafted: new Set(written.map(({ path: target }) => target)),
    };
    await exchangeFiles(fileSet, files);
  } catch (error) {
    await Promise.allSettled(contents.map(([kind]) => files.remove(draftOf(targetOf(kind)))));
    throw cannotWrite(folder, error);
  }
  return written;
}

/** Says of an error of the system what it means; others speak for themselves. */
function cannotWrite(folder: string, error: unknown): unknown {
  if (!(error instanceof Error && 'syscall' in error)) return error;
  const problem = writeProblem(error) ?? error.message;
  return new PolicyFileError(
    `${folder}: the policy cannot be written: ${problem}. What was there is unharmed: ${writeRemedy(error)}, or give another folder.`,
    { cause: error },
  );
}

/** Reads a file back from the disk and compares it with the agent. */
async function verifyFile(
  kind: PolicyFile,
  file: string,
  actor: Actor,
  deployment: Deployment,
  options: VerifyOptions,
): Promise<Verification> {
  if (kind === 'policy') {
    const policy = await loadPolicy(file, { engine: 'onnxruntime-node' });
    try {
      return await verifyPolicy(actor, policy, { ...normalizerOf(deployment), ...options });
    } finally {
      await policy.dispose();
    }
  }
  const session = await openPolicyFile(await readFile(file), ort, file);
  try {
    return await verifySession(kind, deployment, session, options);
  } finally {
    await session.dispose();
  }
}

const normalizerOf = ({ normalizer }: Deployment) => (normalizer ? { normalizer } : {});
