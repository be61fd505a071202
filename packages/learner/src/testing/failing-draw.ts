import type { UpdatesFactory } from '../updates.ts';

/**
 * Makes updates of which one draws offsets behind the end of dropout's mask bank, which the thread that has them fails on.
 *
 * @param failing which draw of offsets, counted from 1 over all threads and updates
 */
export const failingDraw =
  (failing: number, updates: UpdatesFactory): UpdatesFactory =>
  (setup) => {
    const { random } = setup;
    let draws = 0;
    const fillIntegers = (out: Int32Array, end: number) => {
      draws += 1;
      if (draws === failing) out.fill(2 ** 30);
      else random.fillIntegers(out, end);
    };
    return updates({ ...setup, random: Object.assign(Object.create(random), { fillIntegers }) });
  };
