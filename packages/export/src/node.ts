import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { makeFolder, nodeFileSystem, writeAndFlush, writeProblem, writeRemedy } from '@meow-rl/files';
import type { FileSystem } from '@meow-rl/files';
import * as ort from 'onnxruntime-node';

import { withMetadata } from './checksum.ts';
import { checkMeasured, checkTrainingSteps, checkVerifyOptions } from './check-options.ts';
import { decodePolicyFile, type DecodedFile } from './decode-file.ts';
import type { ComparedAgent, Deployment } from './deployment.ts';
import { PolicyFileError } from './errors.ts';
import { draftOf, exchangeFiles, type FileSet } from './exchange-files.ts';
import { POLICY_FILES } from './file-names.ts';
import type { PolicyFile } from './file-names.ts';
import { loadPolicy } from './load-policy.ts';
import type { Policy } from './load-policy.ts';
import { encodeMeasured } from './metadata.ts';
import type { PolicyMetadata, Precision } from './metadata.ts';
import { policyFiles } from './policy-files.ts';
import { openPolicyFile } from './policy-session.ts';
import { readSource } from './read-source.ts';
import { verifyPolicy, verifySession } from './verify.ts';
import type { Verification, VerifyOptions } from './verify.ts';

/**
 * Reads one of an export's ONNX files without an engine.
 *
 * @throws PolicyFileError if the file is missing, damaged, or none of this project
 */
export async function readPolicyFile(
  file: string,
): Promise<{ readonly bytes: Uint8Array; readonly decoded: DecodedFile }> {
  const bytes = await readSource(file, 'policy.onnx, policy-stochastic.onnx or critic.onnx');
  return { bytes, decoded: decodePolicyFile(bytes, file) };
}

/** A file of an export and how well it agrees with the agent. */
export interface ExportedFile extends Verification {
  readonly kind: PolicyFile;
  readonly path: string;
  readonly bytes: number;
  /** Names of what it computes, such as `action` and `log_prob`. */
  readonly outputs: readonly string[];
  /** What was measured beside the error, see {@link ExportOptions.measure}. */
  readonly measured: Readonly<Record<string, number>>;
}

/** Options of {@link exportAgent}. */
export interface ExportOptions extends Omit<VerifyOptions, 'deployment'> {
  /** Default: Node's files. */
  readonly files?: FileSystem;
  /** Of weights and layers; default `float32`. */
  readonly precision?: Precision;
  /** Measures more of `policy.onnx` than its error, such as returns, to be written into it by name. Default: nothing. */
  readonly measure?: (policy: Policy) => Promise<Readonly<Record<string, number>>>;
}

/**
 * Writes an agent's ONNX files into a folder. All are compared with the agent first, and only then take their names; the files
 * that the agent has none for any more are deleted. What the comparison gave stands in their metadata.
 *
 * Whenever it is cut off, what lies there under its name is of one export, `policy.onnx` alone at the least.
 *
 * @param actor on raw observations: where the deployment has a normalizer, the agent that `normalizedAgent` returned
 * @throws PolicyFileError if a file does not agree with the agent or cannot be written; files of an earlier export then
 *   stay as they are
 * @throws RangeError if an option or what was measured is no number that it can be
 */
export async function exportAgent(
  actor: ComparedAgent,
  deployment: Deployment,
  location: string,
  metadata: PolicyMetadata,
  { files = nodeFileSystem, precision = 'float32', measure, ...options }: ExportOptions = {},
): Promise<ExportedFile[]> {
  checkVerifyOptions(options);
  checkTrainingSteps(metadata.trainingSteps);
  // As the folder is made: `..` takes back the name before it.
  const folder = path.normalize(location);
  const contents = Object.entries(policyFiles(deployment, metadata, precision)) as [PolicyFile, Uint8Array][];
  const targetOf = (kind: PolicyFile) => path.join(folder, POLICY_FILES[kind]);
  const written: ExportedFile[] = [];
  try {
    await makeFolder(folder, files);
    for (const [kind, bytes] of contents) {
      const target = targetOf(kind);
      const { measured, ...verification } = await verifyFile(kind, bytes, {
        actor,
        deployment,
        options,
        measure,
      });
      const { maxError, meanError, observations } = verification;
      const about = { max_error: maxError, mean_error: meanError, observations, ...measured };
      const verified = withMetadata(bytes, encodeMeasured(about));
      await writeAndFlush(draftOf(target), verified, files);
      await expectWritten(draftOf(target), verified);
      const outputs = decodePolicyFile(verified, target).model.graph.output.map(({ name }) => name);
      written.push({ kind, path: target, bytes: verified.length, outputs, measured, ...verification });
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

/** Reads a file back from the disk. */
async function expectWritten(file: string, expected: Uint8Array): Promise<void> {
  if (!(await readFile(file)).equals(expected))
    throw new PolicyFileError(
      `${file}: the disk gives other bytes than were written. Give a folder elsewhere.`,
    );
}

interface VerifyFileOptions {
  readonly actor: ComparedAgent;
  readonly deployment: Deployment;
  readonly options: Omit<VerifyOptions, 'deployment'>;
  readonly measure: ExportOptions['measure'] | undefined;
}

/** Compares a file with the agent. */
async function verifyFile(
  kind: PolicyFile,
  bytes: Uint8Array,
  { actor, deployment, options, measure }: VerifyFileOptions,
): Promise<Verification & Pick<ExportedFile, 'measured'>> {
  const name = POLICY_FILES[kind];
  if (kind === 'policy') {
    const policy = await loadPolicy(bytes, { engine: 'onnxruntime-node' });
    try {
      const verification = await verifyPolicy(actor, policy, { ...options, deployment });
      return { ...verification, measured: checkMeasured((await measure?.(policy)) ?? {}) };
    } finally {
      await policy.dispose();
    }
  }
  const session = await openPolicyFile(bytes, ort, name);
  try {
    return { ...(await verifySession(kind, deployment, session, options)), measured: {} };
  } finally {
    await session.dispose();
  }
}
