import { DataError } from '../errors.ts';

/** Lets an executable run once at a time, and no more once it is disposed of. */
export function runGuard() {
  let running = false;
  let disposed = false;
  return {
    /**
     * Before a run.
     *
     * @throws DataError if the executable was disposed of, or another run has not finished
     */
    begin: (): void => {
      if (disposed) throw new DataError('the executable was disposed of.');
      if (running)
        throw new DataError('run: the previous run has not finished. Await it, or load the program twice.');
      running = true;
    },
    /** After a run, whether it succeeded or not. */
    end: (): void => {
      running = false;
    },
    /**
     * Disposes of what the executable holds, once.
     *
     * @throws DataError if a run has not finished
     */
    dispose: async (release: () => unknown): Promise<void> => {
      if (running) throw new DataError('dispose: a run has not finished. Await it first.');
      if (disposed) return;
      disposed = true;
      await release();
    },
  };
}
