import { constants } from 'node:os';

/** The signals that ask a process to end. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
export type EndSignal = (typeof SIGNALS)[number];

/** What {@link interruptible} work gave. */
export interface Interruptible<T> {
  readonly result: T;
  /** The signal that stopped it, if one did. */
  readonly signal: EndSignal | undefined;
}

/** The exit code of a process that a signal ended, as shells have it. */
export const exitCodeOfSignal = (signal: EndSignal): number => 128 + constants.signals[signal];

/**
 * Runs work that stops early, and in good order, at Ctrl-C (SIGINT) or SIGTERM. A second signal ends the process at once.
 */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
  onInterrupt: () => void,
): Promise<Interruptible<T>> {
  const controller = new AbortController();
  let received: EndSignal | undefined;
  const stop = (signal: EndSignal): void => {
    received = signal;
    // What is left is the system's own way, which is to end the process.
    release();
    controller.abort();
    onInterrupt();
  };
  const release = () => {
    for (const signal of SIGNALS) process.removeListener(signal, stop);
  };
  for (const signal of SIGNALS) process.once(signal, stop);
  try {
    return { result: await work(controller.signal), signal: received };
  } finally {
    release();
  }
}
