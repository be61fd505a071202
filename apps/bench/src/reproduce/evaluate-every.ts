import { meow } from '../algorithms/meow.ts';
import { isBridge } from '../environments/bridge.ts';
import { presetOfArm } from './experiments.ts';

/** Steps between the evaluations of a run of so many steps in an environment, of which the last one is at its end. */
export const evaluateEvery = (steps: number, environment: string): number =>
  Math.max(1, Math.floor(steps / evaluationsOf(steps, environment)));

/** Ten of the shortest runs, twenty of short ones; every 10,000 steps, as in the paper, of longer ones. */
function evaluationsOf(steps: number, environment: string): number {
  const { numEnvs } = presetOfArm({ algorithm: meow.name }, environment);
  // Training waits while each evaluation plays some 2,000 steps in a simulator of its own, deterministic and sampled, and those take nearly as long
  // as steps of all environments that are trained in.
  if (isBridge(environment) && numEnvs > 1)
    return Math.min(20, Math.max(5, Math.floor(steps / (2000 * numEnvs))));
  if (steps > 200_000) return Math.round(steps / 10_000);
  return steps > 20_000 ? 20 : 10;
}
