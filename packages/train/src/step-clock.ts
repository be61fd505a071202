/** Measures how long a run has been going and how fast. */
export interface StepClock {
  /** Seconds of training so far. */
  seconds(): number;
  /** The timing at `step`, with the speed since the call before. */
  lap(step: number): { seconds: number; stepsPerSecond: number };
}

/** @param start where a resumed run stands */
export function stepClock(start = { seconds: 0, step: 0 }): StepClock {
  const begun = performance.now();
  const seconds = () => start.seconds + (performance.now() - begun) / 1000;
  let last = start;
  return {
    seconds,
    lap(step) {
      const now = { seconds: seconds(), step };
      const stepsPerSecond = (step - last.step) / (now.seconds - last.seconds);
      last = now;
      return { seconds: now.seconds, stepsPerSecond };
    },
  };
}
