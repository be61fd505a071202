import { whyUnavailable } from '../index.ts';

const problem = whyUnavailable();

/** Whether tests of the engine are left out: where it is not compiled, but for the machines that decide. */
export const isLeftOut = problem !== undefined && process.env['CI'] !== 'true';

if (isLeftOut) console.log(`onnxruntime-fused is not tested: ${problem}.`);
