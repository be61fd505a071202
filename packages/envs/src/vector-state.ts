import { damaged } from './env-state.ts';
import type { AutoresetMode } from './autoreset-mode.ts';
import type { RowState, VectorEnvState } from './vector-env.ts';

/** What a vector environment has to be for a state to fit. */
export interface VectorShape {
  readonly id: string;
  readonly numEnvs: number;
  readonly autoresetMode: AutoresetMode;
}

/**
 * The rows of a state that fits.
 *
 * @param where begins the error message
 * @throws TypeError if it is of another environment, number of rows or autoreset mode, or damaged
 */
export function rowStates(
  state: VectorEnvState,
  { id, numEnvs, autoresetMode }: VectorShape,
  where: string,
): readonly RowState[] {
  const refuse = (came: string, expected: string) =>
    new TypeError(`${where}: restore(state) got a state of ${came}, expected ${expected}.`);
  if (!Array.isArray(state?.rows)) throw damaged(where, 'rows');
  if (state.of !== id) throw refuse(String(state.of), id);
  if (state.rows.length !== numEnvs) {
    throw refuse(`${state.rows.length} environments`, `one of ${numEnvs}, each row has its own`);
  }
  if (state.autoresetMode !== autoresetMode) {
    throw refuse(`autoresetMode ${state.autoresetMode}`, autoresetMode);
  }
  const bad = state.rows.findIndex((row: Partial<RowState> | null) => typeof row?.resetPending !== 'boolean');
  if (bad >= 0) throw damaged(where, `rows[${bad}]`);
  return state.rows;
}
