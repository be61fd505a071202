const turns = new WeakMap<object, Promise<unknown>>();

/**
 * Makes a call once those before it are done, whatever came of them.
 *
 * onnxruntime-web on WebGPU needs that of all that it does in a page: its WebAssembly waits for the graphics card inside of a call, and
 * one that comes in between never ends.
 *
 * @param engine whose calls take turns, for instance the class of a package's sessions
 */
export function inTurn<T>(engine: object, call: () => Promise<T>): Promise<T> {
  const turn = (turns.get(engine) ?? Promise.resolve()).then(call);
  turns.set(
    engine,
    turn.catch(() => {
      // Whoever called it is told.
    }),
  );
  return turn;
}
