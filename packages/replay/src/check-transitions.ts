import { LARGEST_FLOAT16 } from './float16.ts';
import {
  transitionFields,
  type TransitionField,
  type Transitions,
  type TransitionSizes,
} from './transition-batch.ts';
import type { ObservationStorage } from './transition-ring.ts';

const LARGEST_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;

/**
 * Throws unless all fields have the same number of rows and every entry is a finite float32, observations of the
 * range that they are kept in, flags 0 or 1.
 *
 * One bad number in a replay buffer is drawn again and again until it has spoiled every weight, long after its cause;
 * so it is refused at the door.
 *
 * @returns the number of rows
 * @throws RangeError naming field, row and entry
 */
export function checkTransitions(
  transitions: Transitions,
  sizes: TransitionSizes,
  storage: ObservationStorage = 'float32',
): number {
  const largest = { float32: LARGEST_FLOAT32, float16: LARGEST_FLOAT16 }[storage];
  const rows = transitions.rewards.length;
  for (const [field, width] of transitionFields(sizes)) {
    const values = transitions[field];
    if (values.length !== rows * width) throw sizeError(field, values.length, rows, width);
    const most = isObservation(field) ? largest : LARGEST_FLOAT32;
    const bad = field === 'terminated' ? firstNonFlag(values) : firstBeyond(values, most);
    if (bad >= 0) throw entryError(field, values[bad], bad, width, storage);
  }
  return rows;
}

const isObservation = (field: TransitionField): boolean =>
  field === 'observations' || field === 'nextObservations';

// Plain loops: these see every number that enters the buffer. Both conditions are written so that NaN fails.
function firstBeyond(values: Transitions[TransitionField], largest: number): number {
  for (let i = 0; i < values.length; i += 1) {
    if (!(Math.abs(values[i] ?? Number.NaN) <= largest)) return i;
  }
  return -1;
}

function firstNonFlag(values: Transitions[TransitionField]): number {
  for (let i = 0; i < values.length; i += 1) {
    if (values[i] !== 0 && values[i] !== 1) return i;
  }
  return -1;
}

function sizeError(field: TransitionField, length: number, rows: number, width: number): RangeError {
  const name = {
    observations: 'observationSize',
    actions: 'actionSize',
    nextObservations: 'observationSize',
  };
  const row =
    field in name ? `one row of ${name[field as keyof typeof name]} = ${width} entries` : 'one entry';
  return new RangeError(
    `replay: ${field} has ${length} entries, expected ${rows * width} for ${rows} rewards. Give ${row} per transition.`,
  );
}

function entryError(
  field: TransitionField,
  value: number | undefined,
  index: number,
  width: number,
  storage: ObservationStorage,
): RangeError {
  const place = `row ${Math.floor(index / width)}, entry ${index % width}`;
  if (field === 'terminated') {
    return new RangeError(
      `replay: terminated is ${String(value)} in ${place}, expected 0 or 1. Give 1 where the task ended.`,
    );
  }
  if (storage === 'float16' && isObservation(field) && Number.isFinite(value)) {
    return new RangeError(
      `replay: ${field} is ${String(value)} in ${place}, expected a magnitude of at most ${LARGEST_FLOAT16}, the largest float16. ` +
        "Scale the environment's observations, or keep them with observationStorage 'float32'.",
    );
  }
  const source = field === 'actions' ? 'what chose the action' : 'the environment that gave it';
  return new RangeError(
    `replay: ${field} is ${String(value)} in ${place}, expected a finite 32-bit float. Look at ${source}.`,
  );
}
