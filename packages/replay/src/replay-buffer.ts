import { createGenerator } from '@meow-rl/random';

import {
  checkEnd,
  checkHead,
  checkPart,
  oldestOf,
  type ExpectedBuffer,
  type ReplayBufferHead,
  type ReplayBufferPart,
  type ReplayBufferState,
} from './buffer-state.ts';
import { checkPositive } from './check-options.ts';
import { checkOrigins } from './check-origins.ts';
import { checkTransitions } from './check-transitions.ts';
import { episodeLinks, type TransitionOrigins } from './episode-links.ts';
import { gatherSingleSteps } from './gather-single-steps.ts';
import { gatherNStep } from './n-step.ts';
import { changeCapacity } from './other-capacity.ts';
import { checkErrors, priorities } from './prioritized.ts';
import { replayBufferBytes } from './replay-buffer-bytes.ts';
import { checkOptions, type ReplayBufferOptions } from './replay-buffer-options.ts';
import {
  emptyBatch,
  type BatchExtra,
  type TransitionBatch,
  type Transitions,
  type TransitionSizes,
} from './transition-batch.ts';
import { transitionRing } from './transition-ring.ts';

/** Transitions to learn from: uniform or prioritized, of one step or several. */
export interface ReplayBuffer extends TransitionSizes {
  readonly capacity: number;
  /** γ, which rewards and values of its batches are discounted by for each step. */
  readonly discount: number;
  /** Transitions held at present, at most `capacity`. */
  readonly size: number;
  /** Transitions ever added. */
  readonly added: number;
  /** The fields of its batches besides those of every batch, for {@link emptyBatch}. */
  readonly extras: readonly BatchExtra[];
  /**
   * Stands for the course of what was added: transitions with the same number are the same as long as this is the same
   * object. Restoring begins a new one.
   */
  readonly history: object;
  /**
   * Appends transitions, over the oldest ones once the buffer is full.
   *
   * @param origins which sub-environment each is of and where episodes end; only `nStep` above 1 needs them
   * @throws RangeError if they are more than `capacity`, a field has the wrong size, a number isn't finite, or with
   *   `nStep` above 1 the origins are missing or don't fit; then nothing is added
   */
  add(transitions: Transitions, origins?: TransitionOrigins): void;
  /**
   * Ends running episodes: no transition added from now on continues an earlier one. To be called where
   * environments are reset before their episodes are over, or the last transition of an episode is left out.
   *
   * @param rows the sub-environments that it is about. Default: all
   */
  endEpisodes(rows?: ArrayLike<number>): void;
  /**
   * Draws n transitions with replacement: each of the `size` held with probability 1 / size, or by its priority.
   *
   * The batch is reused: its arrays hold until the next call.
   *
   * @throws RangeError if the buffer is empty or n isn't a positive integer
   */
  sample(n: number): TransitionBatch;
  /**
   * Sets the priorities of transitions drawn to |TD error| + ε. Of an index given twice the last error counts;
   * transitions overwritten in the meantime are passed over.
   *
   * @param indices [n], those of the batch
   * @param tdErrors [n], |TD error| of each
   * @throws RangeError if an error is negative or not finite, an index was never given out, or the buffer draws
   *   uniformly; then nothing changes
   */
  updatePriorities(indices: ArrayLike<number>, tdErrors: ArrayLike<number>): void;
  /**
   * A copy of everything, the generator included, so that a restored buffer draws the same batches.
   *
   * @param options.from leaves out the transitions before this number. Default: the oldest held
   * @throws RangeError unless `from` is the number of a transition held, or `added`
   */
  state(options?: { readonly from?: number }): ReplayBufferState;
  /**
   * Puts a whole saved state back. The capacity may be another one, if all that was held fits: a buffer that hadn't wrapped
   * goes on as if it had had this capacity all along; of one that had, transitions are numbered anew from the oldest held.
   *
   * @throws RangeError if it is of a buffer with other options, damaged, not whole or too large; then nothing changes
   */
  restore(state: ReplayBufferState): void;
  /**
   * Puts a state back part by part, so that it never lies in memory twice.
   *
   * @param parts consecutive ones from the oldest transition held on; each is used before the next is asked for
   * @throws RangeError as {@link ReplayBuffer.restore}, or what `parts` throws; then the buffer is as it was if
   *   the head is refused, and empty if a part is
   */
  restoreParts(head: ReplayBufferHead, parts: AsyncIterable<ReplayBufferPart>): Promise<void>;
}

/** Says how much memory was asked for where there is no room for it. */
function allocate<T>(options: ReplayBufferOptions, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    const gigabytes = (replayBufferBytes(options) / 1e9).toFixed(1);
    throw new RangeError(
      `replay: ${options.capacity} transitions take ${gigabytes} GB, which can't be allocated. Lower the capacity.`,
      { cause },
    );
  }
}

/**
 * A ring of the last `capacity` transitions, allocated at once; {@link replayBufferBytes} says how much.
 *
 * `nStep` and `prioritized` may be given together. A plain buffer does none of the work of either.
 *
 * @throws RangeError unless the sizes are positive integers and the other options in their ranges, or if there is no memory
 *   for the transitions
 *
 * Reference: Lin, Self-improving reactive agents (1992); Mnih et al., Human-level control (2015).
 */
export function replayBuffer(options: ReplayBufferOptions): ReplayBuffer {
  const {
    capacity,
    observationSize,
    actionSize,
    discount,
    nStep = 1,
    observationStorage = 'float32',
  } = options;
  checkOptions(options);
  const generator = options.generator ?? createGenerator(options.seed);
  const sizes: TransitionSizes = { observationSize, actionSize };
  const ring = allocate(options, () => transitionRing(capacity, sizes, observationStorage));
  const links = nStep > 1 ? episodeLinks(capacity) : undefined;
  const priority = options.prioritized && priorities(capacity, options.prioritized);
  const expected: ExpectedBuffer = {
    capacity,
    ...sizes,
    observationStorage,
    discount,
    nStep,
    alpha: priority?.alpha ?? null,
  };
  const extras: readonly BatchExtra[] = priority ? ['weights', 'indices'] : [];
  let added = 0;
  let history = {};
  let batch = emptyBatch(0, sizes, extras);
  let rows = new Int32Array(0);

  const oldest = () => oldestOf({ added, capacity });

  const applyPart = ({ first, transitions, previous }: ReplayBufferPart, held: number) => {
    ring.write(first, transitions);
    if (previous) links?.restore(previous, first, held);
  };

  const applyHead = (head: ReplayBufferHead) => {
    added = head.added;
    generator.restore(head.generator);
    if (head.lasts) links?.restoreLasts(head.lasts);
    if (head.priorities) priority?.restore(head.priorities, oldest());
  };

  const clear = () => {
    added = 0;
    history = {};
    links?.clear();
    priority?.clear();
  };

  return {
    capacity,
    observationSize,
    actionSize,
    discount,
    extras,
    get size() {
      return Math.min(added, capacity);
    },
    get added() {
      return added;
    },
    get history() {
      return history;
    },
    add(transitions, origins) {
      const count = checkTransitions(transitions, sizes, observationStorage);
      if (count > capacity) {
        throw new RangeError(
          `replay: add got ${count} transitions, expected at most the capacity ${capacity}. ` +
            'Raise capacity or add fewer at a time.',
        );
      }
      if (links) {
        const { rows: environments, done } = origins ?? missingOrigins();
        checkOrigins(
          transitions,
          { rows: environments, done },
          { store: ring.store, links, capacity, added },
        );
        for (let i = 0; i < count; i += 1) links.enter(added + i, environments[i] ?? 0, done[i] === 1);
      }
      ring.write(added, transitions);
      if (priority) for (let i = 0; i < count; i += 1) priority.enter((added + i) % capacity);
      added += count;
    },
    endEpisodes(environments) {
      links?.cut(environments);
    },
    sample(n) {
      checkPositive(`sample(n) got n = ${String(n)}`, n);
      if (added === 0) {
        throw new RangeError('replay: sample was called on an empty buffer. Add transitions first.');
      }
      if (rows.length !== n) rows = new Int32Array(n);
      if (batch.rewards.length !== n) batch = emptyBatch(n, sizes, extras);
      if (priority) priority.draw(rows, generator);
      else generator.fillIntegers(rows, Math.min(added, capacity));
      if (links) gatherNStep(ring.store, links, rows, { nStep, discount }, sizes, batch);
      else gatherSingleSteps(ring.store, rows, discount, sizes, batch);
      if (batch.weights) priority?.weigh(rows, batch.weights);
      if (batch.indices) numbersOf(rows, oldest(), capacity, batch.indices);
      return batch;
    },
    updatePriorities(indices, tdErrors) {
      if (!priority) {
        throw new RangeError(
          'replay: updatePriorities was called on a buffer that draws uniformly. Make it with the option prioritized.',
        );
      }
      checkErrors(indices, tdErrors, added);
      const from = oldest();
      for (let i = 0; i < indices.length; i += 1) {
        const index = indices[i] ?? -1;
        if (index >= from) priority.update(index % capacity, tdErrors[i] ?? Number.NaN);
      }
    },
    state({ from = oldest() } = {}) {
      if (!(Number.isInteger(from) && from >= oldest() && from <= added)) {
        throw new RangeError(
          `replay: state got from = ${String(from)}, expected a number from ${oldest()}, the oldest transition held, to ${added}.`,
        );
      }
      return {
        capacity,
        ...sizes,
        ...(observationStorage === 'float16' && { observationStorage }),
        discount,
        nStep,
        added,
        generator: generator.state(),
        lasts: links?.lasts() ?? null,
        priorities: priority?.state(oldest(), Math.min(added, capacity)) ?? null,
        first: from,
        transitions: ring.read(from, added),
        previous: links?.state(from, added) ?? null,
      };
    },
    restore(state) {
      checkHead(state, expected);
      checkEnd(checkPart(state, oldestOf(state), state, expected), state.added);
      const fitted = changeCapacity(state, capacity);
      clear();
      applyPart(fitted.part(state), oldestOf(state) - fitted.shift);
      applyHead(fitted.head(state));
    },
    async restoreParts(head, parts) {
      checkHead(head, expected);
      const fitted = changeCapacity(head, capacity);
      clear();
      let end = oldestOf(head);
      for await (const part of parts) {
        end = checkPart(part, end, head, expected);
        applyPart(fitted.part(part), oldestOf(head) - fitted.shift);
      }
      checkEnd(end, head.added);
      applyHead(fitted.head(head));
    },
  };
}

/** The numbers of the transitions in `rows`: row r holds the one number in [oldest, oldest + capacity) that is r mod capacity. */
function numbersOf(rows: Int32Array, oldest: number, capacity: number, into: Float64Array): void {
  const start = oldest % capacity;
  for (const [i, row] of rows.entries()) {
    into[i] = oldest + row - start + (row < start ? capacity : 0);
  }
}

function missingOrigins(): never {
  throw new RangeError(
    'replay: add got no origins, which a buffer with nStep above 1 needs to know what follows what. ' +
      'Give { rows, done }: the sub-environment of each transition and whether its episode ended.',
  );
}
