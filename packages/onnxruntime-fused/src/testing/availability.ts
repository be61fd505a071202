import { instructionSets, whyUnavailable } from '../index.ts';
import type { InstructionSet } from '../index.ts';

const problem = whyUnavailable();

/** Whether tests of the engine are left out: where it is not compiled, but for the machines that decide. */
export const isLeftOut = problem !== undefined && process.env['CI'] !== 'true';

if (isLeftOut) console.log(`onnxruntime-fused is not tested: ${problem}.`);

/** What tests of the operator are run with: every set of loops that this processor can run. */
export const testedSets: readonly InstructionSet[] = isLeftOut ? [] : instructionSets();
