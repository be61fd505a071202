import { describe, expect, it } from 'vitest';

import { joinVectorEnvs } from './joined-vector-env.ts';
import { vectorEnv } from './local-vector-env.ts';
import { makeEnv } from './make-env.ts';
import type { VectorEnv } from './vector-env.ts';

const rows = (numEnvs: number, id = 'MultiGoal-v0') =>
  vectorEnv(() => makeEnv(id, { maxSteps: 4 }), { numEnvs, autoresetMode: 'same-step' });

describe('joinVectorEnvs', () => {
  it('gives what one vector environment of all rows gives, whatever the parts are', async () => {
    const whole = rows(5);
    const joined = [joinVectorEnvs([rows(2), rows(3)]), joinVectorEnvs([rows(1), rows(1), rows(3)])];
    const start = whole.reset({ seed: 7 });
    for (const env of joined) expect(await env.reset({ seed: 7 })).toEqual(start);
    for (let step = 0; step < 9; step += 1) {
      const actions = Float64Array.from({ length: 10 }, (_, i) => Math.sin(i + step));
      const expected = whole.step(actions);
      const ends = expected.truncated.includes(1);
      for (const env of joined) {
        const got = await env.step(actions);
        expect({ ...got, finalObservations: 0 }).toEqual({ ...expected, finalObservations: 0 });
        if (ends) expect(got.finalObservations).toEqual(expected.finalObservations);
      }
    }
    const mask = [true, false, false, true, false];
    const reset = whole.reset({ mask, seed: 3 });
    for (const env of joined) expect(await env.reset({ mask, seed: 3 })).toEqual(reset);
  });

  it('has the first part work while the others do', async () => {
    const order: string[] = [];
    const first = rows(1);
    const second = rows(1);
    const watched = (env: VectorEnv, name: string): VectorEnv => ({
      ...env,
      step: async (actions) => {
        order.push(`${name} begins`);
        const result = await env.step(actions);
        order.push(`${name} ends`);
        return result;
      },
    });
    const joined = joinVectorEnvs([watched(first, 'first'), watched(second, 'second')]);
    await joined.reset({ seed: 0 });
    await joined.step([0, 0, 0, 0]);
    expect(order.slice(0, 2)).toEqual(['second begins', 'first begins']);
  });

  it('waits for all parts where one fails, and says why', async () => {
    let isDone = false;
    const slow = rows(1);
    const waiting: VectorEnv = {
      ...slow,
      step: async (actions) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        isDone = true;
        return slow.step(actions);
      },
    };
    const failing: VectorEnv = {
      ...rows(1),
      step: () => {
        throw new Error('it broke');
      },
    };
    const joined = joinVectorEnvs([failing, waiting]);
    await joined.reset({ seed: 0 });
    await expect(joined.step([0, 0, 0, 0])).rejects.toThrow('it broke');
    expect(isDone).toBe(true);
  });

  it('refuses parts that differ, and none', () => {
    expect(() => joinVectorEnvs([])).toThrow('got no environments');
    expect(() => joinVectorEnvs([rows(1), rows(1, 'Pendulum-v1')])).toThrow(
      'part 1 is Pendulum-v1 in autoresetMode same-step, the first MultiGoal-v0',
    );
    const narrower = { ...rows(1), singleActionSpace: rows(1, 'Pendulum-v1').singleActionSpace };
    expect(() => joinVectorEnvs([rows(1), narrower])).toThrow('part 1 has other spaces');
  });
});
