import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** What a Python program prints for an input; its error output is part of the error if it fails. */
export async function runPython(
  python: string,
  args: readonly string[],
  input: Uint8Array,
): Promise<Uint8Array> {
  const child = spawn(python, args);
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  if (code !== 0)
    throw new Error(`python ${args.join(' ')} ended with ${code}: ${Buffer.concat(errors).toString()}`);
  return Buffer.concat(output);
}
