/** How a thread misbehaves, in its command `at` (counted from 1; 0: when it starts). */
export interface Trouble {
  readonly index: number;
  readonly at: number;
  readonly kind:
    | 'throw'
    | 'throw text'
    | 'throw at end'
    | 'exit'
    | 'out of memory'
    | 'silent'
    | 'other commands';
}

export interface TestProtocol {
  readonly data: {
    /** What each thread has counted. */
    readonly counts: Int32Array;
    /** What each thread has seen of all counts. */
    readonly sums: Int32Array;
    readonly trouble?: Trouble;
  };
  readonly command: 'count' | 'sum' | 'sleep';
  readonly ready: { readonly index: number; readonly count: number };
}

/** What a thread writes as its count when it is ended. */
export const ENDED = -1;
