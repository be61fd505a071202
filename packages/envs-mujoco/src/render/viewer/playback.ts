/** What the clock of a replay is doing. */
export interface Playback {
  /** Seconds from the reset. */
  readonly time: number;
  readonly playing: boolean;
  readonly duration: number;
  speed: number;
  /** Starts, from the beginning if the end was reached. */
  play(): void;
  pause(): void;
  /** Goes to a time, clamped to the recording. */
  seek(time: number): void;
  /** Lets `seconds` of the viewer's time go by. Pauses at the end. */
  advance(seconds: number): void;
}

export function createPlayback(duration: number): Playback {
  let time = 0;
  let playing = false;
  return {
    get time() {
      return time;
    },
    get playing() {
      return playing;
    },
    duration,
    speed: 1,
    play() {
      if (time >= duration) time = 0;
      playing = true;
    },
    pause() {
      playing = false;
    },
    seek(to) {
      time = Math.min(Math.max(to, 0), duration);
    },
    advance(seconds) {
      if (!playing) return;
      time = Math.min(time + this.speed * seconds, duration);
      if (time >= duration) playing = false;
    },
  };
}
