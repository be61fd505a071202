/** Milliseconds that each kind of request may take, while this process runs: one that stood still begins to count anew. */
export interface Timeouts {
  /** To connect. Default: 10 000. */
  readonly connect: number;
  /** To start a server until it listens; Isaac's first start compiles for a minute and more. Default: 600 000. */
  readonly start: number;
  /** For the server's `hello`, before which it may make its environments. Default: 600 000. */
  readonly hello: number;
  /** Default: 300 000. */
  readonly reset: number;
  /** Simulators may compile in the first step. Default: 300 000. */
  readonly step: number;
  /** For `state` and `restore`. Default: 60 000. */
  readonly state: number;
  /** For the answer to `close`, then for the end of a launched server. Default: 10 000. */
  readonly close: number;
}

/** Which of them a request has. */
export const TIMEOUT_OF = {
  hello: 'hello',
  reset: 'reset',
  step: 'step',
  state: 'state',
  restore: 'state',
  close: 'close',
} as const;

/** What a server is asked for. */
export type RequestType = keyof typeof TIMEOUT_OF;

const DEFAULTS: Timeouts = {
  connect: 10_000,
  start: 600_000,
  hello: 600_000,
  reset: 300_000,
  step: 300_000,
  state: 60_000,
  close: 10_000,
};

/**
 * Fills in the defaults.
 *
 * @throws RangeError for one that isn't a positive number
 */
export function resolveTimeouts(given: Partial<Timeouts> = {}): Timeouts {
  const timeouts = { ...DEFAULTS, ...given };
  for (const [name, value] of Object.entries(timeouts)) {
    // More is taken as 1 ms by timers.
    if (value > 0 && value < 2 ** 31) continue;
    throw new RangeError(
      `isaacVectorEnv: timeouts.${name} is ${String(value)}, expected milliseconds above 0 and below 2147483648.`,
    );
  }
  return timeouts;
}
