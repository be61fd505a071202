import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { UsageError } from '../cli/errors.ts';
import { bridgePython, type BridgeChoice } from '../environments/bridge.ts';

const run = promisify(execFile);

/** Prints nothing, loads nothing: a simulator takes a minute to start. */
const HAS_ISAAC = "import importlib.util, sys; sys.exit(0 if importlib.util.find_spec('isaaclab') else 3)";

/**
 * Throws unless the Python of simulators has Isaac Lab.
 *
 * @throws UsageError saying which Python that is, and what to do
 */
export async function checkIsaac(choice: Pick<BridgeChoice, 'python'>): Promise<void> {
  const python = bridgePython(choice);
  try {
    await run(python, ['-c', HAS_ISAAC]);
  } catch (error) {
    throw new UsageError(
      `fig3 trains in Isaac Lab, and ${python} has none`,
      'Name the Python that has it with --python or MEOW_PYTHON; docs/isaac.md says how to install it.',
      { cause: error },
    );
  }
}

/** Whether there is a GPU of NVIDIA's. */
export const hasGpu = async (): Promise<boolean> => {
  try {
    await run('nvidia-smi', ['-L']);
    return true;
  } catch {
    return false;
  }
};
