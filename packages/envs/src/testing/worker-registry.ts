import { threadId } from 'node:worker_threads';

import { box } from '../box.ts';
import { createEnv } from '../create-env.ts';
import type { Env, Info } from '../env.ts';
import { multiGoal } from '../multi-goal.ts';
import { wrapEnv } from '../wrap-env.ts';
import { brokenEnv } from './broken-env.ts';

/** What {@link troubledEnv} does where an action says so. */
const trouble: Readonly<Record<number, () => void>> = {
  [-4]: () => {
    // Long enough for another thread's event loop to turn.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  },
  [-2]: () => structuredClone(() => 1),
  2: () => {
    throw new RangeError('the joint came off');
  },
  6: () => {
    const torque: unknown = { torque: 6 };
    throw torque;
  },
  3: () => process.exit(7),
  4: () => {
    const hoard: number[][] = [];
    for (;;) hoard.push(Array.from({ length: 10_000 }, (_, i) => i + hoard.length));
  },
};

/** Test double: observes steps and draws, reports infos of many kinds, and fails for some actions. */
function troubledEnv({ unsaved = false }: { readonly unsaved?: boolean } = {}): Env {
  let steps = 0;
  const info = (): Info => ({
    steps,
    minus: -0,
    even: steps % 2 === 0,
    nothing: null,
    maybe: steps % 3 === 0 ? undefined : Number.NaN,
    nested: { depth: { steps } },
    joints: Float64Array.of(steps, -0, Number.NaN),
    speeds: new Float64Array(steps === 4 ? 3 : 2).fill(steps),
    ...(steps === 2 && { text: 'two', list: [1, { a: 2 }] }),
    ...(steps === 3 && Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`x${i}`, i]))),
  });
  return createEnv({
    id: 'Troubled-v0',
    observationSpace: box({ low: 0, high: Number.POSITIVE_INFINITY, shape: [2] }),
    actionSpace: box({ low: -4, high: 4, shape: [1] }),
    start(generator) {
      steps = 0;
      return { observation: Float64Array.of(0, generator.uniform()), info: info() };
    },
    advance([action = 0], generator) {
      trouble[action]?.();
      steps += 1;
      const observation = Float64Array.of(steps, generator.uniform());
      return {
        observation,
        reward: action,
        terminated: generator.uniform() < 0.1,
        truncated: false,
        info: action === -3 ? { steps, probe: { read: () => steps } } : info(),
      };
    },
    ...(!unsaved && {
      capture: () => steps,
      resume(saved: unknown) {
        if (typeof saved !== 'number') throw new TypeError('Troubled-v0: state.own.task is no number.');
        steps = saved;
      },
    }),
    release() {
      if (steps === 1000) throw new Error('stuck');
    },
  });
}

/** Test double: another action space in every thread. */
const splitEnv = () => {
  const env = troubledEnv();
  return wrapEnv(env, { actionSpace: box({ low: -1 - threadId, high: 1, shape: [1] }) });
};

/** Environments for tests of threads. */
export const registry = () => ({
  'MultiGoal-v0': { create: (options: object = {}) => multiGoal(options), maxSteps: 5 },
  'Troubled-v0': { create: (options: object = {}) => troubledEnv(options), maxSteps: 6 },
  'Alias-v0': { create: (options: object = {}) => troubledEnv(options), maxSteps: 6 },
  'Split-v0': { create: splitEnv, maxSteps: 6 },
  'Broken-v0': { create: (options: object = {}) => brokenEnv(options), maxSteps: 6 },
});

export const nonsense = 'no registry';

/** Factories of one environment each: with a time limit, and with a promise. */
export const limited = { create: (options: object = {}) => multiGoal(options), maxSteps: 5 };
export const promised = async (options: object = {}) => multiGoal(options);

const importedBefore: unknown = Reflect.get(globalThis, 'importedBefore');
/** Can be made only where something had set that before this module was imported. */
export const dependent = () => {
  if (importedBefore !== true) throw new Error('nothing was imported before');
  return multiGoal();
};
