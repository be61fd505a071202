import { DataError } from '../../errors.ts';
import type { Device } from './device.ts';
import type { KernelPlan } from './plan.ts';

/**
 * Checks that a device has the kernels of all operators of a plan.
 *
 * @throws DataError for one that it lacks
 */
export function checkOperators({ calls }: KernelPlan, device: Device): void {
  const lacking = calls.find(({ kernel }) => !device.hasKernel(kernel));
  if (lacking)
    throw new DataError(
      `load: ${device.name} has no kernel ${lacking.kernel}, which the operator ${lacking.operator} is made of. Load the program on onnxruntime-node, onnxruntime-web or reference, which have it.`,
    );
}
