import { expect, it } from 'vitest';

import { captureIo } from '../testing/capture.ts';
import { createLiveText } from './live-text.ts';

it('on a terminal lines are redrawn in their place, no more than fit', async () => {
  const io = captureIo({ isTTY: true });
  const live = createLiveText({ stream: Object.assign(io.stderr, { rows: 3, columns: 6 }) });
  await live.show(async () => ({ text: 'one\ntwo\nthree', summary: 'summary' }));
  await live.show(async () => ({ text: 'a long line', summary: 'summary' }));
  live.clear();
  live.clear();
  expect(io.err()).toBe('one\ntwo\n\u001B[2A\u001B[0Ja lon\n\u001B[1A\u001B[0J');
});

it('elsewhere there is a line now and then, and the text is not made in between', async () => {
  const io = captureIo();
  let [time, renderings] = [0, 0];
  const live = createLiveText({ stream: io.stderr, now: () => time });
  for (; time <= 70_000; time += 1000)
    await live.show(async () => {
      renderings += 1;
      return { text: 'table', summary: `at ${time / 1000} s` };
    });
  live.clear();
  expect(io.err()).toBe('at 30 s\nat 60 s\n');
  expect(renderings).toBe(2);
});
