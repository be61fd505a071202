/** Follows where an environment is in its life and throws when a call comes out of turn. */
export interface EpisodeGuard {
  /** Call first thing in `reset`. */
  reset(): void;
  /** Call first thing in `step`. */
  step(): void;
  /** Call when a step ended the episode. */
  end(): void;
  /** Call in `close`; true the first time. */
  close(): boolean;
}

/**
 * The guard of one environment. {@link createEnv} brings it; write it in only when implementing `Env` by hand.
 *
 * @param id begins the messages
 */
export function episodeGuard(id: string): EpisodeGuard {
  let phase: 'new' | 'running' | 'ended' | 'closed' = 'new';
  const refuse = (call: string, when: string, advice: string) =>
    new Error(`${id}: ${call} was called ${when}. ${advice}`);
  return {
    reset() {
      if (phase === 'closed') throw refuse('reset()', 'after close()', 'Make a new environment.');
      phase = 'running';
    },
    step() {
      if (phase === 'running') return;
      if (phase === 'new') throw refuse('step()', 'before reset()', 'Call reset({ seed }) first.');
      if (phase === 'closed') throw refuse('step()', 'after close()', 'Make a new environment.');
      throw refuse('step()', 'after the episode ended', 'Call reset() to begin the next one.');
    },
    end() {
      phase = 'ended';
    },
    close() {
      const first = phase !== 'closed';
      phase = 'closed';
      return first;
    },
  };
}
