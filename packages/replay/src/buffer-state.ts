import { generatorFromState, type GeneratorState } from '@meow-rl/random';

import { checkTransitions } from './check-transitions.ts';
import type { SavedPriorities } from './prioritized.ts';
import type { TransitionRows, TransitionSizes } from './transition-batch.ts';
import type { ObservationStorage } from './transition-ring.ts';

/** What a buffer holds besides its transitions, in objects of its own. */
export interface ReplayBufferHead extends TransitionSizes {
  readonly capacity: number;
  /** What observations were rounded to. Default: float32, which all were before there was a choice. */
  readonly observationStorage?: ObservationStorage | undefined;
  /** γ. Absent in states from before it was kept. */
  readonly discount?: number | undefined;
  /** n, the most steps that a transition drawn spans. Absent in states from before it was kept. */
  readonly nStep?: number | undefined;
  /** Transitions ever added; the last `capacity` of them are held. Transition k lies in row k mod capacity. */
  readonly added: number;
  readonly generator: GeneratorState;
  /**
   * With `nStep`: for each sub-environment the number of the transition that its next one continues, -1 where none.
   * Otherwise null.
   */
  readonly lasts: readonly number[] | null;
  /** With `prioritized`, otherwise null. */
  readonly priorities: SavedPriorities | null;
}

/** Consecutive transitions of a buffer, oldest first. */
export interface ReplayBufferPart {
  /** The number of the first one. */
  readonly first: number;
  readonly transitions: TransitionRows;
  /**
   * [n], with `nStep`: how many transitions before each one its predecessor in the same episode was added, 0 where
   * there is none. Otherwise null.
   */
  readonly previous: Int32Array | null;
}

/** A buffer as it is saved: all of it, or what was added from number `first` on. */
export interface ReplayBufferState extends ReplayBufferHead, ReplayBufferPart {}

/** The number of the oldest transition held. */
export const oldestOf = ({
  added,
  capacity,
}: {
  readonly added: number;
  readonly capacity: number;
}): number => Math.max(0, added - capacity);

/** What a state must have been saved from. */
export interface ExpectedBuffer extends TransitionSizes {
  /** That of the buffer to restore: it may be another one than the saved buffer's, if all that was held fits. */
  readonly capacity: number;
  readonly observationStorage: ObservationStorage;
  readonly discount: number;
  readonly nStep: number;
  /** α if it is prioritized, otherwise null. */
  readonly alpha: number | null;
}

const remedy = 'Make the buffer with the options of the one that was saved.';
const damaged = 'The state is damaged; take an earlier one.';

const isCount = (value: number, most = Number.MAX_SAFE_INTEGER): boolean =>
  Number.isInteger(value) && value >= 0 && value <= most;

/**
 * Throws unless a state is of a buffer like the expected one, and sound.
 *
 * @throws RangeError, or TypeError for the generator
 */
export function checkHead(head: ReplayBufferHead, expected: ExpectedBuffer): void {
  for (const name of ['observationSize', 'actionSize'] as const) {
    if (head[name] === expected[name]) continue;
    throw new RangeError(
      `replay: restore got a state with ${name} = ${String(head[name])}, expected ${expected[name]}. ${remedy}`,
    );
  }
  const storage = head.observationStorage ?? 'float32';
  if (storage !== expected.observationStorage) {
    throw new RangeError(
      `replay: restore got a state with observationStorage = ${storage}, expected ${expected.observationStorage}. ${remedy}`,
    );
  }
  if (!isCount(head.capacity) || head.capacity === 0) {
    throw new RangeError(
      `replay: restore got a state with capacity = ${String(head.capacity)}, expected a positive integer. ${damaged}`,
    );
  }
  const alpha = head.priorities?.alpha ?? null;
  const kept = { nStep: head.lasts !== null, 'prioritized.alpha': alpha ?? 'none' };
  const wanted = { nStep: expected.nStep > 1, 'prioritized.alpha': expected.alpha ?? 'none' };
  for (const name of ['nStep', 'prioritized.alpha'] as const) {
    if (kept[name] === wanted[name]) continue;
    const what = (value: unknown) =>
      typeof value === 'boolean'
        ? `${value ? 'with' : 'without'} ${name}`
        : `with ${name} = ${String(value)}`;
    throw new RangeError(
      `replay: restore got a state ${what(kept[name])}, expected one ${what(wanted[name])}. ${remedy}`,
    );
  }
  for (const name of ['discount', 'nStep'] as const) {
    // States from before these two were kept lack them.
    const saved = head[name] ?? expected[name];
    if (saved === expected[name]) continue;
    throw new RangeError(
      `replay: restore got a state with ${name} = ${String(saved)}, expected ${expected[name]}. ${remedy}`,
    );
  }
  if (!isCount(head.added)) {
    throw new RangeError(
      `replay: restore got a state with added = ${String(head.added)}, expected a count. ${damaged}`,
    );
  }
  const held = head.added - oldestOf(head);
  if (held > expected.capacity) {
    throw new RangeError(
      `replay: restore got a state with ${held} transitions, expected at most ${expected.capacity}, the capacity. ` +
        'Make the buffer at least as large as what was saved.',
    );
  }
  for (const [environment, last] of (head.lasts ?? []).entries()) {
    if (last === -1 || isCount(last, head.added - 1)) continue;
    throw new RangeError(
      `replay: restore got a state with lasts[${environment}] = ${String(last)}, expected -1 or the number of one of ` +
        `its ${head.added} transitions. ${damaged}`,
    );
  }
  if (head.priorities) checkPriorities(head.priorities, held);
  generatorFromState(head.generator);
}

/**
 * Throws unless a part of the state with this head begins at number `first`, and is sound.
 *
 * @returns the number behind its last transition
 */
export function checkPart(
  part: ReplayBufferPart,
  first: number,
  { added, capacity }: Pick<ReplayBufferHead, 'added' | 'capacity'>,
  expected: ExpectedBuffer,
): number {
  const rows = checkTransitions(part.transitions, expected, expected.observationStorage);
  if (part.first !== first || first + rows > added) {
    throw new RangeError(
      `replay: restore got transitions ${part.first} to ${part.first + rows - 1}, expected transitions from ${first} ` +
        `to at most ${added - 1}. ${damaged}`,
    );
  }
  const links = part.previous?.length ?? 0;
  const wantedLinks = expected.nStep > 1 ? rows : 0;
  if (links !== wantedLinks) {
    throw new RangeError(
      `replay: restore got ${links} links for ${rows} transitions, expected ${wantedLinks || 'none'}. ${damaged}`,
    );
  }
  for (const [i, distance] of (part.previous ?? []).entries()) {
    const most = Math.min(capacity - 1, first + i);
    if (isCount(distance, most)) continue;
    throw new RangeError(
      `replay: restore got the predecessor of transition ${first + i} at distance ${distance}, expected 0 to ${most}. ${damaged}`,
    );
  }
  return first + rows;
}

/** Throws unless the transitions restored end where the state does. */
export function checkEnd(end: number, added: number): void {
  if (end === added) return;
  throw new RangeError(
    `replay: restore got transitions up to ${end - 1}, expected up to ${added - 1}. ${damaged}`,
  );
}

function checkPriorities({ values, largest, batches }: SavedPriorities, size: number): void {
  if (values.length !== size) {
    throw new RangeError(
      `replay: restore got ${values.length} priorities, expected ${size}, one per transition. ${damaged}`,
    );
  }
  const bad = values.findIndex((value) => !(value > 0 && Number.isFinite(value)));
  if (bad >= 0 || !(largest > 0 && Number.isFinite(largest))) {
    throw new RangeError(
      `replay: restore got priority ${bad >= 0 ? `${values[bad]} in entry ${bad}` : `${largest} as the largest`}, ` +
        `expected a finite number above 0. ${damaged}`,
    );
  }
  if (!isCount(batches)) {
    throw new RangeError(`replay: restore got batches = ${String(batches)}, expected a count. ${damaged}`);
  }
}
