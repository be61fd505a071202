/** Longest that a loop keeps signals, timers and messages of other threads waiting, in milliseconds. */
const LONGEST_MILLISECONDS = 100;

/**
 * What a loop awaits at each step, so that the event loop turns several times a second: an engine that answers at once settles
 * its promises without a turn, and Ctrl-C would not be noticed.
 */
export function eventLoopTurn(): () => Promise<void> | undefined {
  let last = performance.now();
  return () => {
    if (performance.now() - last < LONGEST_MILLISECONDS) return undefined;
    return new Promise((resolve) => {
      nextTurn(() => {
        last = performance.now();
        resolve();
      });
    });
  };
}

/** Calls back in the next turn: at once where there is `setImmediate`, as in Node; a timer waits a millisecond at least. */
function nextTurn(callback: () => void): void {
  if (typeof setImmediate === 'function') setImmediate(callback);
  else setTimeout(callback, 0);
}
