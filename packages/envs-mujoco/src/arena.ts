import type { MjData, MjModel } from '@mujoco/mujoco';

import type { Mujoco } from './mujoco.ts';

// What MuJoCo's errors say when the memory of a model for contacts and constraints doesn't do.
const OVERFLOW = /mj_stackAlloc|arena (?:too small|overflow)/;

/**
 * The error to throw in place of one of MuJoCo's: advice if the arena, `<size memory>`, is too small, else the same.
 *
 * @param id begins the message
 * @param bytes of the arena; unknown while the model is compiled
 */
export function explained(error: unknown, id: string, bytes?: number): unknown {
  return error instanceof Error && OVERFLOW.test(error.message) ? tooSmall(id, bytes, error) : error;
}

/**
 * In an arena that holds the contacts but not their constraints, MuJoCo only counts a warning and lets bodies fall
 * through each other. Contacts without constraints also happen by right, so the warning decides; it is slow to read.
 *
 * @throws Error if that happened since the last reset and in the last step
 */
export function requireConstraints(mujoco: Mujoco, id: string, model: MjModel, data: MjData): void {
  if (data.ncon === 0 || data.nefc > 0) return;
  const { mjWARN_CONTACTFULL, mjWARN_CNSTRFULL } = mujoco.mjtWarning;
  // The list belongs to the data: deleting it here would free it twice.
  const warnings = data.warning;
  for (const { value } of [mjWARN_CONTACTFULL, mjWARN_CNSTRFULL]) {
    const warning = warnings.get(value);
    const times = warning?.number ?? 0;
    warning?.delete();
    if (times > 0) throw tooSmall(id, model.narena);
  }
}

const tooSmall = (id: string, bytes?: number, cause?: unknown) =>
  new Error(
    `${id}: the arena${bytes === undefined ? '' : ` of ${bytes} bytes`} is too small. Raise <size memory> in the model.`,
    { cause },
  );
