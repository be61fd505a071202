import { decodeSafetensors, encodeSafetensors, type NamedTensors } from '@meow-rl/safetensors';

import type { ReplayBufferPart } from '../buffer-state.ts';
import { transitionFields, type TransitionRows, type TransitionSizes } from '../transition-batch.ts';

/** Rows [from, to) of a part. */
export function sliceOf(
  { first, transitions, previous }: ReplayBufferPart,
  from: number,
  to: number,
  sizes: TransitionSizes,
): ReplayBufferPart {
  const rows = Object.fromEntries(
    transitionFields(sizes).map(([field, width]) => [
      field,
      transitions[field].subarray(from * width, to * width),
    ]),
  );
  return {
    first: first + from,
    transitions: { ...transitions, ...rows },
    previous: previous && previous.subarray(from, to),
  };
}

/**
 * A part as a safetensors file: one tensor of [rows, width] or [rows] per field.
 *
 * Links are distances within the buffer, saved as float32 like everything else: exact below 2^24.
 */
export function encodePart(part: ReplayBufferPart, sizes: TransitionSizes): Uint8Array<ArrayBuffer> {
  const rows = part.transitions.rewards.length;
  const tensors: Record<string, NamedTensors[string]> = {};
  for (const [field, width] of transitionFields(sizes)) {
    tensors[field] = { shape: shapeOf(rows, field, width), data: part.transitions[field] };
  }
  if (part.previous) tensors['previous'] = { shape: [rows], data: part.previous };
  return encodeSafetensors(tensors, { first: String(part.first) });
}

/**
 * Reads what {@link encodePart} wrote.
 *
 * @throws Error naming the file if it doesn't hold `rows` transitions from `first` on
 */
export function decodePart(
  bytes: Uint8Array,
  where: string,
  expected: TransitionSizes & { readonly first: number; readonly rows: number; readonly linked: boolean },
): ReplayBufferPart {
  const { tensors, metadata } = decodeSafetensors(bytes, where);
  const tensor = (name: string, shape: readonly number[]): Float32Array => {
    const stored = tensors[name];
    if (stored && stored.shape.join() === shape.join()) return stored.data;
    throw new Error(
      `${where}: ${name} has shape [${stored?.shape.join(', ') ?? 'none'}], expected [${shape.join(', ')}]. ` +
        'The file is of another buffer; resume from an older checkpoint.',
    );
  };
  if (metadata['first'] !== String(expected.first)) {
    throw new Error(
      `${where}: the file begins at transition ${metadata['first']}, expected ${expected.first}. ` +
        'It is of another buffer; resume from an older checkpoint.',
    );
  }
  const { rows, observationSize, actionSize } = expected;
  const transitions: TransitionRows = {
    observations: tensor('observations', [rows, observationSize]),
    actions: tensor('actions', [rows, actionSize]),
    rewards: tensor('rewards', [rows]),
    nextObservations: tensor('nextObservations', [rows, observationSize]),
    terminated: tensor('terminated', [rows]),
  };
  const previous = expected.linked ? Int32Array.from(tensor('previous', [rows])) : null;
  return { first: expected.first, transitions, previous };
}

const shapeOf = (rows: number, field: string, width: number): number[] =>
  field === 'rewards' || field === 'terminated' ? [rows] : [rows, width];
