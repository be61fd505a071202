import { afterEach, describe, expect, it } from 'vitest';

import { onnxRuntimeNode } from '../../onnxruntime-node.ts';
import { add, mean, mul, sqrt, square, sub, sum } from '../../ops/index.ts';
import { adam } from '../../optim/adam.ts';
import { chain } from '../../optim/chain.ts';
import { clipByGlobalNorm, globalNorm } from '../../optim/clip-by-global-norm.ts';
import { applyUpdates } from '../../optim/gradient-transformation.ts';
import { polyak } from '../../optim/polyak.ts';
import { mapValues, program } from '../../program.ts';
import type { Program, StateSpec } from '../../program.ts';
import type { Executable } from '../../runtime.ts';
import { referenceRuntime } from '../../runtimes/reference.ts';
import type { Tensor } from '../../tensor.ts';
import { expectClose } from '../../testing/expect-close.ts';
import { planOf, series } from '../../testing/training.ts';

const runtime = onnxRuntimeNode();
const open: Executable[] = [];
afterEach(async () => {
  for (const executable of open.splice(0)) await executable.dispose();
});

const vector = (length: number, start: number): StateSpec => ({
  shape: [length],
  initial: series(length, start),
});

/** Runs a program on the engine and on the reference, with other inputs in each run, and compares outputs and states. */
async function expectLikeReference(given: Program): Promise<void> {
  const [engine, exact] = [await runtime.load(given), await referenceRuntime.load(given)];
  open.push(engine);
  for (let run = 0; run < 4; run++) {
    const inputs = mapValues(given.inputs, ({ shape }, name) =>
      series(Number(shape[0] ?? 1), 10 * run + name.length),
    );
    const [got, expected] = [await engine.run(inputs), await exact.run(inputs)];
    for (const name of Object.keys(given.outputs))
      expectClose(got[name] ?? [], expected[name] ?? [], 2e-6, `${name} of run ${run}`);
    for (const name of Object.keys(given.state))
      expectClose(engine.state.read(name), exact.state.read(name), 2e-6, `${name} after run ${run}`);
  }
}

const optimizer = chain(clipByGlobalNorm(1), adam({ learningRate: 0.1 }));

/** Clipping, Adam and averaging of groups of parameters, by a norm of each or of them all together. */
function groups(lengths: readonly number[], together: boolean): Program {
  const names = lengths.map((_, i) => `group${i}`);
  const inputs = Object.fromEntries(names.map((name, i) => [name, { shape: [lengths[i] ?? 0] }]));
  const state = Object.fromEntries(
    names.flatMap((name, i) => {
      const length = lengths[i] ?? 0;
      return [
        [`${name}/parameters`, vector(length, i)],
        [`${name}/target`, vector(length, i + 5)],
        ...Object.entries(optimizer.init(length)).map(([key, spec]) => [`${name}/${key}`, spec] as const),
      ] as const;
    }),
  );
  return program({ inputs, state }, (given, values) => {
    const valueOf = (name: string): Tensor => {
      const value = values[name];
      if (!value) throw new RangeError(`no state ${name}`);
      return value;
    };
    const gradients = names.flatMap((name) => (given[name] ? [mul(2, given[name])] : []));
    const norm = sqrt(gradients.map((gradient) => square(globalNorm(gradient))).reduce(add));
    const outputs: Record<string, Tensor> = {};
    const next: Record<string, Tensor> = {};
    gradients.forEach((gradient, i) => {
      const name = `group${i}`;
      const before = mapValues(optimizer.init(1), (_, key) => valueOf(`${name}/${key}`));
      const step = optimizer.update(gradient, before, together ? { norm } : {});
      const moved = applyUpdates(valueOf(`${name}/parameters`), step.updates);
      for (const [key, value] of Object.entries(step.state)) next[`${name}/${key}`] = value;
      next[`${name}/parameters`] = moved;
      next[`${name}/target`] = polyak(valueOf(`${name}/target`), moved, 0.1);
      outputs[`${name}/norm`] = globalNorm(gradient);
      outputs[`${name}/length`] = globalNorm(moved);
    });
    return { outputs, next };
  });
}

describe('a program with steps over vectors of several lengths', () => {
  it.each<readonly [lengths: readonly number[], stepped: readonly number[]]>([
    [
      [5, 9],
      [9, 5],
    ],
    [
      [6, 2, 13],
      [13, 6, 2],
    ],
    [[4, 4], [4]],
    // One entry is a number: it is stepped with the vectors, and left to the engine where there are none.
    [[7, 1], [7]],
    [
      [1, 3, 8],
      [8, 3],
    ],
    [[1], []],
  ])('takes %j in steps of %j', async (lengths, stepped) => {
    for (const together of [false, true]) {
      const given = groups(lengths, together);
      const { steps, unstepped } = planOf(given);
      expect(steps.map(({ length }) => length)).toEqual(stepped);
      // The engine changes no vector.
      const left = Object.values(unstepped.state).filter(({ next, shape }) => next && (shape[0] ?? 1) > 1);
      expect(left).toEqual([]);
      await expectLikeReference(given);
    }
  });

  it('leaves to the engine what a later group’s gradient reads of an earlier group’s next value', async () => {
    const state = { w: vector(6, 1), 'w/m': vector(6, 2), v: vector(4, 3), target: vector(6, 4) };
    const given = program(
      { inputs: { x: { shape: [6] }, y: { shape: [4] } }, state },
      ({ x, y }, { w, 'w/m': m, v, target }) => {
        const average = add(mul(0.9, m), mul(0.1, x));
        const moved = sub(w, mul(0.1, average));
        const gradient = mul(y, sum(square(moved)));
        return {
          outputs: { loss: mean(moved) },
          next: {
            w: moved,
            'w/m': average,
            v: sub(v, mul(0.01, gradient)),
            target: polyak(target, moved, 0.5),
          },
        };
      },
    );
    expect(planOf(given).steps.map(({ length, writes }) => [length, writes.map((one) => one.state)])).toEqual(
      [
        [6, ['target']],
        [4, ['v']],
      ],
    );
    await expectLikeReference(given);
  });

  it('reads a number that a step changes as it was, in all steps', async () => {
    const state = { w: vector(6, 1), v: vector(4, 3), u: vector(2, 3), rate: { shape: [], initial: [0.8] } };
    const given = program({ inputs: {}, state }, (_, { w, v, u, rate }) => ({
      outputs: {},
      next: { w: mul(w, rate), v: sub(v, mul(v, rate)), u: add(u, rate), rate: mul(rate, 0.5) },
    }));
    const { steps } = planOf(given);
    expect(steps.map(({ length, scalarWrites }) => [length, scalarWrites.length])).toEqual([
      [6, 1],
      [4, 0],
      [2, 0],
    ]);
    await expectLikeReference(given);
    const engine = await runtime.load(given);
    open.push(engine);
    await engine.run({});
    expectClose(
      engine.state.read('u'),
      series(2, 3).map((x) => x + 0.8),
      1e-6,
    );
    expectClose(engine.state.read('rate'), [0.4], 1e-7);
  });

  it('lets steps share a number that the engine computes, and one that is a state', async () => {
    const state = { w: vector(6, 1), v: vector(4, 3), count: { shape: [], initial: [1] } };
    const given = program({ inputs: { x: { shape: [6] } }, state }, ({ x }, { w, v, count }) => {
      const next = add(count, 1);
      const rate = mul(mean(square(x)), next);
      return { outputs: { rate }, next: { w: mul(w, rate), v: sub(v, mul(rate, v)), count: next } };
    });
    await expectLikeReference(given);
  });
});
