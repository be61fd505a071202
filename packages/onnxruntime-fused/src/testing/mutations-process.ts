import { writeSync } from 'node:fs';

import {
  add,
  concat,
  decodeModel,
  grad,
  kthSmallest,
  layerNorm,
  linear,
  lower,
  matmul,
  max,
  mul,
  program,
  serialize,
  split,
  sum,
  swish,
  transpose,
} from '@meow-rl/graph';
import { Tensor } from 'onnxruntime-common';

import { inputKind, instruction, NONE, outputKind } from '../../../graph/src/lowering/fusion/instructions.ts';
import { product } from '../../../graph/src/lowering/products/product.ts';
import { addon } from '../binary.ts';
import { directPlan } from '../direct-plan.ts';
import type { DirectPlan } from '../direct-plan.ts';
import { createDirectSession } from '../direct-session.ts';
import { createSession } from '../session.ts';
import type { FusedSession } from '../session.ts';
import { fusedModel } from './fused-model.ts';
import { mutated, spoiledNumbers } from './mutations.ts';
import type { Mutation } from './mutations.ts';
import { isUntouched, surrounded } from './surrounded.ts';

/*
 * Gives mutations of models, and of its own programs, to the addon and runs those that it takes: mutations-process.ts FIRST END. Each is
 * named on stdout before it is tried, so that whoever started this knows which one ended it; the last lines say how many were refused.
 */

/** A model and the shapes of what it takes and gives. */
interface Subject {
  readonly model: Uint8Array;
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly outputs: Readonly<Record<string, readonly number[]>>;
}

const { full, row, column, scalar } = inputKind;

const chain: Subject = {
  model: fusedModel({
    size: [37, 20],
    inputs: [
      { kind: full, elements: 740 },
      { kind: row, elements: 20 },
      { kind: column, elements: 37 },
      { kind: scalar, elements: 1 },
    ],
    outputs: [
      { kind: outputKind.full, shape: [37, 20] },
      { kind: outputKind.row, shape: [20] },
      { kind: outputKind.column, shape: [37, 1] },
    ],
    constants: [1e-3, 2],
    code: [
      [instruction.mulAdd, 9, 0, 1, 2],
      [instruction.standardize, 4, 9, 7, 10],
      [instruction.select, 9, 4, 10, 3],
      [instruction.mulSumRows, 5, 9, 4, NONE],
      [instruction.first, 6, 9, NONE, NONE],
    ],
  }),
  inputs: { x0: [740], x1: [20], x2: [37], x3: [1] },
  outputs: { y0: [37, 20], y1: [20], y2: [37, 1] },
};

const multiplication: Subject = {
  model: serialize(
    program(
      { inputs: { a: { shape: [29, 33] }, b: { shape: [17, 33] }, bias: { shape: [17] } }, state: {} },
      ({ a, b, bias }) => ({ outputs: { y: product([a, b, bias], { transposeB: true, rectified: true }) } }),
    ),
  ),
  inputs: { a: [29, 33], b: [17, 33], bias: [17] },
  outputs: { y: [29, 17] },
};

const layer: Subject = {
  model: serialize(
    lower(
      program(
        {
          inputs: {
            x: { shape: [16, 5] },
            w: { shape: [8, 5] },
            b: { shape: [8] },
            scale: { shape: [8] },
            shift: { shape: [8] },
            slope: { shape: [8] },
          },
          state: {},
        },
        ({ x, w, b, scale, shift, slope }) => {
          const y = swish(layerNorm(linear(x, w, b), scale, shift), slope);
          const [dw] = grad(sum(mul(y, add(y, 1))), [w]);
          return { outputs: { y, ...(dw && { dw }) } };
        },
      ),
      { fuses: true, multiplies: true },
    ).engine,
  ),
  inputs: { x: [16, 5], w: [8, 5], b: [8], scale: [8], shift: [8], slope: [8] },
  outputs: { y: [16, 8], dw: [8, 5] },
};

/** What only moves tensors, and reduces them. */
const moving: Subject = {
  model: serialize(
    lower(
      program({ inputs: { x: { shape: [9, 8] }, y: { shape: [4, 8] } }, state: {} }, ({ x, y }) => {
        const [top = x, bottom = x] = split(mul(x, 2), [4, 5]);
        const [left = y, right = y] = split(y, [3, 5], 1);
        const joined = concat([
          mul(top, y),
          transpose(matmul(bottom, right, { transposeA: true, transposeB: true })),
          bottom,
        ]);
        return {
          outputs: {
            joined,
            left,
            sums: sum(joined, { axes: [0] }),
            largest: max(x, { axes: [0] }),
            third: kthSmallest(x, { k: 3, axis: 0 }),
          },
        };
      }),
      { fuses: true, multiplies: true },
    ).engine,
  ),
  inputs: { x: [9, 8], y: [4, 8] },
  outputs: { joined: [13, 8], left: [4, 3], sums: [8], largest: [8], third: [8] },
};

const sizeOf = (shape: readonly number[]) => shape.reduce((size, axis) => size * axis, 1);

const tensors = (shapes: Subject['inputs']) =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const data = surrounded(new Float32Array(sizeOf(shape)).fill(0.5));
      return [name, new Tensor('float32', data, shape)] as const;
    }),
  );

type Open = (model: Uint8Array) => FusedSession | undefined;
const inEngine: Open = (model) => createSession(model, 1);
const direct: Open = (model) => createDirectSession(model);

/** Whether the addon took the model and ran it; otherwise it has said why not. */
async function attempt(
  { model, outputNames }: Mutation,
  { inputs, outputs }: Subject,
  open: Open,
): Promise<boolean> {
  const rooms = Object.fromEntries(
    Object.entries(tensors(outputs)).filter(([name]) => !outputNames || outputNames.has(name)),
  );
  try {
    const session = open(model);
    if (!session) return false;
    try {
      await session.run(tensors(inputs), rooms);
    } finally {
      await session.release();
    }
  } catch (error) {
    if (error instanceof Error && error.message.length > 0) return false;
    throw error;
  }
  for (const { data } of Object.values(rooms))
    if (data instanceof Float32Array && !isUntouched(data)) throw new RangeError('it wrote beside a result');
  return true;
}

/** The same of a program of the addon's. */
function attemptPlan({ numbers, floats, inputs, outputs }: DirectPlan): boolean {
  const native = addon();
  const rooms = outputs.map(({ dims }) => surrounded(new Float32Array(sizeOf(dims))));
  try {
    const handle = native.createDirect(numbers, floats, '');
    try {
      for (const [value, { dims, constant }] of inputs.entries())
        native.feedDirect(handle, value, constant ?? new Float32Array(sizeOf(dims)).fill(0.5), dims);
      for (const [i, { value }] of outputs.entries())
        native.offerDirect(handle, value, rooms[i] ?? new Float32Array());
      native.runDirect(handle);
    } finally {
      native.releaseDirect(handle);
    }
  } catch (error) {
    if (error instanceof Error && error.message.length > 0) return false;
    throw error;
  }
  if (!rooms.every(isUntouched)) throw new RangeError('it wrote beside a result');
  return true;
}

const subjects = [chain, multiplication, layer, moving];
const plans = subjects.map(({ model }) => directPlan(decodeModel(model)));
for (const open of [inEngine, direct])
  for (const subject of subjects)
    if (!(await attempt({ model: subject.model }, subject, open)))
      throw new Error('a model that nobody has spoiled was refused');

const [first, end] = process.argv.slice(2).map(Number);
let refused = 0;
let refusedDirectly = 0;
let refusedPlans = 0;
for (let seed = first ?? 0; seed < (end ?? 0); seed++) {
  writeSync(1, `mutation ${seed}\n`);
  const subject = subjects[seed % subjects.length] ?? chain;
  const mutation = mutated(subject.model, seed);
  if (!(await attempt(mutation, subject, inEngine))) refused++;
  if (!(await attempt(mutation, subject, direct))) refusedDirectly++;
  const plan = plans[seed % plans.length];
  if (plan && !attemptPlan({ ...plan, numbers: spoiledNumbers(plan.numbers, seed) })) refusedPlans++;
}
writeSync(
  1,
  `${refused} refused\n${refusedDirectly} refused without the engine\n${refusedPlans} programs refused\n`,
);
