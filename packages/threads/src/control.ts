/** Entries of the numbers that the threads of a team share. */
export const Control = {
  /** Number of the command; a change starts the threads. */
  go: 0,
  /** Number of the last command that all threads are done with; a change wakes the calling thread. */
  done: 1,
  /** Which command it is, as an index into their names, or {@link END}. */
  command: 2,
  /** Threads still busy with the command; the last one to finish says so to the calling thread. */
  busy: 3,
  /** How often a thread has come to the barrier, in all; it may overflow. */
  arrivals: 4,
  /** 0, or 1 + the index of a thread that has ended and was not asked to. */
  lost: 5,
  /** 1 once all threads are to end where they next wait, because one of them can't go on. */
  abandoned: 6,
} as const;

/** The command to end. */
export const END = -1;

export const newControl = (): Int32Array =>
  new Int32Array(new SharedArrayBuffer(Object.keys(Control).length * Int32Array.BYTES_PER_ELEMENT));

/** Has all threads end where they next wait. */
export function abandon(control: Int32Array): void {
  Atomics.store(control, Control.abandoned, 1);
  for (const waitedFor of [Control.go, Control.arrivals]) Atomics.notify(control, waitedFor);
}

export const isAbandoned = (control: Int32Array): boolean => Atomics.load(control, Control.abandoned) !== 0;

/** Ends the calling thread if it is given up. It has to end by itself: ended from outside within native code, it can crash the process. */
export function endIfAbandoned(control: Int32Array): void {
  if (isAbandoned(control)) process.exit();
}
