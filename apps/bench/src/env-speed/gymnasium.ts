import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import { z } from 'zod';

import { peerPython, peersFolder } from '../speed/peer-process.ts';

const run = promisify(execFile);

const answerSchema = z.union([z.object({ stepsPerSecond: z.number() }), z.object({ error: z.string() })]);

/** What Gymnasium gives for a task, or why it gives nothing. */
export type GymnasiumSpeed = z.output<typeof answerSchema>;

/** The Python that the peers were installed for, else the one on the path. */
export const defaultPython = (): string => (existsSync(peerPython) ? peerPython : 'python3');

/** Steps of Gymnasium's task per second in one thread. An old v4 task needs a Gymnasium that still has it. */
export async function gymnasiumSpeed(python: string, id: string, steps: number): Promise<GymnasiumSpeed> {
  try {
    const { stdout } = await run(python, [path.join(peersFolder, 'env_speed.py'), id, String(steps)]);
    return answerSchema.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { error: text.trim().split('\n').at(-1) ?? text };
  }
}
