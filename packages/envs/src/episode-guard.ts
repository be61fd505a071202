import { damaged } from './env-state.ts';

/** Where an environment that isn't closed is in its life. */
export type EpisodePhase = 'new' | 'running' | 'ended';

/** Follows where an environment is in its life and throws when a call comes out of turn. */
export interface EpisodeGuard {
  /** Call first thing in `reset`; throws after `close`. Ends an episode that is running, so that a failed reset leaves none. */
  reset(): void;
  /** Call last thing in `reset`: an episode has begun. */
  begin(): void;
  /** Call first thing in `step`. */
  step(): void;
  /** Call when a step ended the episode. */
  end(): void;
  /** Call in `close`; true the first time. */
  close(): boolean;
  /** Where it is, for {@link EpisodeGuard.restore}. Throws after `close`. */
  state(): EpisodePhase;
  /** Call first thing in `restore`, with what state() gave; throws after `close`, and if it isn't a phase. */
  check(phase: unknown): EpisodePhase;
  /** Continues from a checked phase. */
  restore(phase: EpisodePhase): void;
}

/**
 * The guard of one environment. {@link createEnv} brings it; write it in only when implementing `Env` by hand.
 *
 * @param id begins the messages
 */
export function episodeGuard(id: string): EpisodeGuard {
  let phase: EpisodePhase | 'closed' = 'new';
  const refuse = (call: string, when: string, advice: string) =>
    new Error(`${id}: ${call} was called ${when}. ${advice}`);
  return {
    reset() {
      if (phase === 'closed') throw refuse('reset()', 'after close()', 'Make a new environment.');
      if (phase === 'running') phase = 'ended';
    },
    begin() {
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
    state() {
      if (phase === 'closed') throw refuse('state()', 'after close()', 'Take the state before.');
      return phase;
    },
    check(saved) {
      if (phase === 'closed') throw refuse('restore()', 'after close()', 'Make a new environment.');
      if (saved === 'new' || saved === 'running' || saved === 'ended') return saved;
      throw damaged(id, 'own.phase');
    },
    restore(saved) {
      phase = saved;
    },
  };
}
