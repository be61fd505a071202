import { quantile, timingOf } from './statistics.ts';
import type { Timing } from './statistics.ts';

/** Something that updates and acts with the network that is measured. Durations are in milliseconds. */
export interface Contestant {
  /** `meow-rl`, `torch (authors)`, … */
  readonly name: string;
  update(runs: number): Promise<readonly number[]>;
  act(runs: number, rows: number): Promise<readonly number[]>;
  close(): Promise<void>;
}

/** What one contestant took, and how many times as long as the first one. */
export interface Placed {
  readonly name: string;
  readonly milliseconds: Timing;
  /** Its median of a round over the first one's of the same round, median of all rounds. */
  readonly ratio: number;
}

/**
 * Measures in turn, round after round, so that what else the machine does meets all alike.
 *
 * @param measure durations of one contestant in one round
 * @param onRound called after each
 */
export async function inRounds<C extends { readonly name: string }>(
  contestants: readonly C[],
  rounds: number,
  measure: (contestant: C) => Promise<readonly number[]>,
  onRound: (done: number) => void = () => {},
): Promise<Placed[]> {
  const all = contestants.map((): number[][] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, contestant] of contestants.entries()) all[i]?.push([...(await measure(contestant))]);
    onRound(round + 1);
  }
  const medians = all.map((timed) => timed.map((round) => quantile(round, 0.5)));
  return contestants.map(({ name }, i) => ({
    name,
    milliseconds: timingOf(all[i]?.flat() ?? []),
    ratio: quantile(
      (medians[i] ?? []).map((median, round) => median / (medians[0]?.[round] ?? Number.NaN)),
      0.5,
    ),
  }));
}
