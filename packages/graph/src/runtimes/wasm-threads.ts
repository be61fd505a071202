/** Whether a page may share memory among threads; no library of types without a document declares it, and Node lacks it. */
declare const crossOriginIsolated: boolean | undefined;

/** What onnxruntime-web's settings say of threads. Once its first session is made, changing them does nothing. */
interface WasmSettings {
  numThreads?: number;
}

/**
 * Chooses the number of threads of onnxruntime-web, which all sessions of a page share.
 *
 * @param caller begins messages
 * @throws RangeError if it is no number of threads, the page cannot have as many, or another number was chosen before
 */
export function useWasmThreads(caller: string, settings: WasmSettings, threads: number): void {
  if (!Number.isInteger(threads) || threads < 1)
    throw new RangeError(`${caller}: threads must be a whole number >= 1, got ${threads}.`);
  const { numThreads = 0 } = settings;
  if (numThreads > 0 && numThreads !== threads)
    throw new RangeError(
      `${caller}: ${threads} ${threads === 1 ? 'thread is' : 'threads are'} asked for, but onnxruntime-web has ${numThreads} in this page already. Ask for the same number everywhere.`,
    );
  if (threads > 1 && typeof crossOriginIsolated === 'boolean' && !crossOriginIsolated)
    throw new RangeError(
      `${caller}: ${threads} threads need a page that is cross-origin isolated, which this one is not. Send it with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp, or ask for 1 thread.`,
    );
  settings.numThreads = threads;
}
