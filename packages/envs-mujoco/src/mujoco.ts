import createModule, { type MainModule } from '@mujoco/mujoco';

/** The WebAssembly build of MuJoCo, ready to make simulations. */
export type Mujoco = MainModule;

let loading: Promise<Mujoco> | undefined;

/**
 * Loads MuJoCo's WebAssembly build; the first call does, later ones give the same module. One module serves any number
 * of environments of a thread, up to 2 GiB.
 */
export function loadMujoco(): Promise<Mujoco> {
  loading ??= createModule().catch((error: unknown) => {
    // Another call may succeed, say after a network failure in a browser.
    loading = undefined;
    throw new Error("MuJoCo's WebAssembly module failed to load. Is mujoco.wasm reachable?", {
      cause: error,
    });
  });
  return loading;
}
