import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { readCheckpoint } from '@meow-rl/train/node';

/** Stands for bytes: comparing thousands of numbers one by one takes seconds. */
const checksum = ({ buffer, byteOffset, byteLength }: NodeJS.TypedArray): string =>
  createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex');

/** Everything that a finished run must have in common with another one: all but wall-clock times. */
export async function outcomeOf(run: string) {
  const lines = (await readFile(path.join(run, 'metrics.jsonl'), 'utf8')).trim().split('\n');
  const events = lines.map((line) => Object.assign(JSON.parse(line), { time: undefined }));
  const checkpoints = path.join(run, 'checkpoints');
  const names = (await readdir(checkpoints)).toSorted();
  const steps = names.filter((name) => /^\d+$/.test(name));
  const saved = await Promise.all(steps.map((step) => readCheckpoint(path.join(checkpoints, step))));
  const files = (await readdir(path.join(run, 'policy'))).filter((name) => name.endsWith('.onnx')).toSorted();
  const policies = await Promise.all(
    files.map(async (name) => checksum(await readFile(path.join(run, 'policy', name)))),
  );
  return {
    events,
    // Files of the replay buffer, where there is one, are named by what is in them.
    names,
    chunks: names.includes('replay') ? (await readdir(path.join(checkpoints, 'replay'))).toSorted() : [],
    saved: saved.map(({ step, score, values, tensors }) => ({
      step,
      score,
      tensors: Object.fromEntries(
        Object.entries(tensors).map(([name, { shape, data }]) => [
          name,
          { shape, data: checksum(Float64Array.from(data)) },
        ]),
      ),
      values: timeless(values),
    })),
    policies,
  };
}

/** The values of a checkpoint without seconds and the lengths of log files, which hold some. */
function timeless(values: Readonly<Record<string, unknown>>) {
  return { ...values, log: undefined, loop: { ...Object(values['loop']), seconds: undefined } };
}
