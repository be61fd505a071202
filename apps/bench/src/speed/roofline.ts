import { matmul, mean, program, square } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';

import type { Measured } from './measured-agent.ts';
import { durations, quantile } from './statistics.ts';
import { updatePrograms } from './update-programs.ts';
import { addWork, countWork } from './work.ts';
import type { Work } from './work.ts';

/** What the machine can do, as onnxruntime gets it to. */
export interface MachineRates {
  /** Floating-point operations per second by shape `rows x inner x columns`. */
  readonly rates: readonly { readonly shape: string; readonly flopsPerSecond: number }[];
  /** Bytes per second that pass between memory and core. */
  readonly bytesPerSecond: number;
}

/** Shapes of the update's products: the shifts' hidden layer, the couplings' on the doubled batch, the first layers. */
const SHAPES = [
  [256, 256, 256],
  [512, 64, 64],
  [256, 17, 64],
  [256, 348, 256],
] as const;

/** Products in one run, so that starting it costs nothing beside them. */
const CHAIN = 16;

/** Entries of the array that memory is measured with: 64 MB, beyond the caches. */
const LARGE = 2 ** 24;

/** Measures matrix products and memory with the engine itself: the best of some runs. */
async function measureRates(threads: number, runs = 30): Promise<MachineRates> {
  const runtime = onnxRuntimeNode({ threads });
  const products: { shape: string; flopsPerSecond: number }[] = [];
  for (const [rows, inner, columns] of SHAPES) {
    const spec = Object.fromEntries(
      Array.from({ length: CHAIN }, (_, i) => [
        `w${i}`,
        { shape: [inner, columns], initial: new Float32Array(inner * columns).fill(0.01 * (i + 1)) },
      ]),
    );
    const chain = program({ inputs: { x: { shape: [rows, inner] } }, state: spec }, ({ x }, weights) => ({
      outputs: Object.fromEntries(
        Object.entries(weights).map(([name, weight]) => [`y_${name}`, matmul(x, weight)]),
      ),
    }));
    const executable = await runtime.load(chain);
    const x = new Float32Array(rows * inner).fill(0.5);
    const milliseconds = await durations(runs, () => executable.run({ x }));
    await executable.dispose();
    products.push({
      shape: `${rows}x${inner}x${columns}`,
      flopsPerSecond: (CHAIN * 2000 * rows * inner * columns) / quantile(milliseconds, 0.1),
    });
  }
  const executable = await runtime.load(
    program({ inputs: { x: { shape: [LARGE] } }, state: {} }, ({ x }) => ({
      outputs: { y: mean(square(x)) },
    })),
  );
  const x = new Float32Array(LARGE);
  const milliseconds = await durations(Math.ceil(runs / 3), () => executable.run({ x }));
  await executable.dispose();
  // x is read, its square written and read again.
  return { rates: products, bytesPerSecond: (3 * 4 * LARGE * 1000) / quantile(milliseconds, 0.1) };
}

/** An update's least possible time on a machine. */
export interface Roofline extends Work, MachineRates {
  /** Milliseconds: the larger of all products at the best rate and all compulsory bytes at memory's. */
  readonly bound: number;
}

/**
 * `max(flops / rate, bytes / bandwidth)`: no implementation on this engine's products is faster.
 *
 * Reference: Williams, Waterman and Patterson, Roofline (2009).
 */
export function rooflineOf(work: Work, rates: MachineRates): Roofline {
  const rate = Math.max(...rates.rates.map(({ flopsPerSecond }) => flopsPerSecond));
  const bound = 1000 * Math.max(work.flops / rate, work.compulsoryBytes / rates.bytesPerSecond);
  return { ...work, ...rates, bound };
}

/** Counts an update's work and measures the machine. */
export const roofline = async (measured: Measured): Promise<Roofline> =>
  rooflineOf(addWork(updatePrograms(measured).map(countWork)), await measureRates(measured.threads));
