import type { Info, VectorResetResult, VectorStepResult } from '@meow-rl/envs';

import type { Message } from './codec.ts';
import { describe, tensorIn } from './fields.ts';
import type { Hello } from './hello.ts';
import { copyNumbers, numbersOf } from './ndarray.ts';
import { isMap } from './codec.ts';

/** What a critic of its own may be given beside the observations. */
interface CriticObservations {
  /** [n, c], the critic's own observations, where the simulator has them. */
  readonly criticObservations?: Float64Array;
}

/** The observations after a reset; where there are episodes to tell of, `info.episode` has `return` and `length`. */
export type BridgeResetResult = VectorResetResult & CriticObservations;

/** A step of the simulator. */
export type BridgeStepResult = VectorStepResult &
  CriticObservations & {
    /** [n, c], in rows that ended the critic's last observation of the episode, unknown where `finalObservations` is. */
    readonly finalCriticObservations?: Float64Array;
  };

/** The arrays that a client's results are in, and what it knows of the rows between two steps. */
export interface Results {
  /** [n], 1 where the episode is over and the next one hasn't begun. */
  readonly resetPending: Uint8Array;
  /** [n, o] */
  readonly observations: Float64Array;
  /** What a reset of no row gives: all as it is. */
  current(): BridgeResetResult;
  /**
   * Takes over the answer to `reset` or `restore`.
   *
   * @param mask [n], non-zero in rows that were reset. Default: all
   * @throws TypeError for what isn't as PROTOCOL.md says
   */
  reset(answer: Message, mask?: ArrayLike<number | boolean>): BridgeResetResult;
  /** Takes over the answer to `step`; see {@link Results.reset}. */
  step(answer: Message): BridgeStepResult;
}

const NOTHING: Info = Object.freeze({});

/** Results of the environments that a server told of. */
export function bridgeResults(hello: Hello): Results {
  const { numEnvs, autoresetMode, observation, criticObservation } = hello;
  const width = observation.size;
  const criticWidth = criticObservation?.size ?? 0;
  const observations = new Float64Array(numEnvs * width);
  const finalObservations = new Float64Array(numEnvs * width);
  const critic = criticObservation && {
    criticObservations: new Float64Array(numEnvs * criticWidth),
    finalCriticObservations: new Float64Array(numEnvs * criticWidth),
  };
  const rewards = new Float64Array(numEnvs);
  const terminated = new Uint8Array(numEnvs);
  const truncated = new Uint8Array(numEnvs);
  const unknown = new Uint8Array(numEnvs);
  const resetPending = new Uint8Array(numEnvs);
  const infos: Info[] = Array.from({ length: numEnvs }, () => NOTHING);

  const takeObservations = (answer: Message) => {
    copyNumbers(tensorIn(answer, 'observations', 'numbers', [numEnvs, width]), observations);
    if (critic)
      copyNumbers(
        tensorIn(answer, 'criticObservations', 'numbers', [numEnvs, criticWidth]),
        critic.criticObservations,
      );
    infos.fill(NOTHING);
  };

  const takeFlags = (answer: Message, name: string, flags: Uint8Array) => {
    copyNumbers(tensorIn(answer, name, 'flags', [numEnvs]), flags);
    const bad = flags.findIndex((flag) => flag > 1);
    if (bad >= 0) throw new TypeError(`${name} is ${flags[bad]} in row ${bad}, expected 0 or 1`);
  };

  /** Rows that a message lists, each of which ended in this step. */
  const endedRows = (message: Message, name: string): Float64Array => {
    const rows = numbersOf(tensorIn(message, name, 'integers', [undefined]));
    for (const [i, row] of rows.entries()) {
      const ended = terminated[row] === 1 || truncated[row] === 1;
      if (ended && row > (rows[i - 1] ?? -1)) continue;
      throw new TypeError(
        `${name} has ${row} as entry ${i}, expected rows that ended in this step, in ascending order`,
      );
    }
    return rows;
  };

  const takeSentFinals = (answer: Message) => {
    const rows = endedRows(answer, 'finalRows');
    takeFinals(answer, 'finalObservations', rows, { into: finalObservations, width });
    if (critic)
      takeFinals(answer, 'finalCriticObservations', rows, {
        into: critic.finalCriticObservations,
        width: criticWidth,
      });
    for (let row = 0; row < numEnvs; row += 1) unknown[row] = (terminated[row] ?? 0) | (truncated[row] ?? 0);
    for (const row of rows) unknown[row] = 0;
  };

  /** In the other modes the observations of rows that ended are the last ones. */
  const keepFinals = () => {
    for (let row = 0; row < numEnvs; row += 1) {
      const ended = (terminated[row] ?? 0) | (truncated[row] ?? 0);
      resetPending[row] = ended;
      if (ended === 0) continue;
      copyRow(observations, finalObservations, row, width);
      if (critic) copyRow(critic.criticObservations, critic.finalCriticObservations, row, criticWidth);
    }
  };

  const takeEpisodes = ({ episodes }: Message) => {
    if (!isMap(episodes)) throw new TypeError(`episodes is ${describe(episodes)}, expected a map`);
    const rows = endedRows(episodes, 'rows');
    const returns = numbersOf(tensorIn(episodes, 'returns', 'floats', [rows.length]));
    const lengths = numbersOf(tensorIn(episodes, 'lengths', 'integers', [rows.length]));
    for (const [i, row] of rows.entries())
      infos[row] = { episode: { return: returns[i], length: lengths[i] } };
  };

  const current = (): BridgeResetResult => ({
    observations,
    infos,
    ...(critic && { criticObservations: critic.criticObservations }),
  });

  return {
    resetPending,
    observations,
    current,
    reset(answer, mask) {
      takeObservations(answer);
      for (let row = 0; row < numEnvs; row += 1) if (!mask || mask[row]) resetPending[row] = 0;
      return current();
    },
    step(answer) {
      takeObservations(answer);
      copyNumbers(tensorIn(answer, 'rewards', 'floats', [numEnvs]), rewards);
      takeFlags(answer, 'terminated', terminated);
      takeFlags(answer, 'truncated', truncated);
      if (autoresetMode === 'same-step') takeSentFinals(answer);
      else keepFinals();
      takeEpisodes(answer);
      return {
        observations,
        rewards,
        terminated,
        truncated,
        finalObservations,
        infos,
        ...(autoresetMode === 'same-step' && { finalObservationUnknown: unknown }),
        ...critic,
      };
    },
  };
}

/** Writes the last observations that were sent to their rows. */
function takeFinals(
  answer: Message,
  name: string,
  rows: Float64Array,
  { into, width }: { readonly into: Float64Array; readonly width: number },
): void {
  const { dtype, data } = tensorIn(answer, name, 'numbers', [rows.length, width]);
  const bytes = data.length / Math.max(1, rows.length);
  for (const [i, row] of rows.entries()) {
    const one = data.subarray(i * bytes, (i + 1) * bytes);
    copyNumbers({ ndarray: true, dtype, shape: [width], data: one }, into, row * width);
  }
}

const copyRow = (from: Float64Array, into: Float64Array, row: number, width: number) =>
  into.set(from.subarray(row * width, (row + 1) * width), row * width);
