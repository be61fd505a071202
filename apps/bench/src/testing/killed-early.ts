import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Leaves of a finished run what it would have left, had it been killed at a step before its first checkpoint. */
export async function killEarly(run: string, step: number): Promise<void> {
  for (const name of ['checkpoints', 'policy', 'summary.json'])
    await rm(path.join(run, name), { recursive: true, force: true });
  const log = path.join(run, 'metrics.jsonl');
  const lines = (await readFile(log, 'utf8')).split('\n').filter((line) => line !== '');
  const before = lines.filter((line) => JSON.parse(line).step <= step);
  await writeFile(log, before.map((line) => `${line}\n`).join(''));
}
