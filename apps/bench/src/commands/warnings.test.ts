import path from 'node:path';

import { expect, it } from 'vitest';

import { main } from '../cli/main.ts';
import { allEvents } from '../runs/read-events.ts';
import { captureIo } from '../testing/capture.ts';
import { temporaryFolder } from '../testing/temporary.ts';

// σ of about 7 before the squash puts half of the mass beyond its margin, which is at 6.1.
const FLAGS = (
  '--env MultiGoal-v0 --warmup 40 --hidden 8,8 --shift-hidden 8 --batch-size 64 --evaluation-episodes 1 --log-every 50 ' +
  '--coordinates action --coupling-bound 0 --uniform-share 0 --log-sigma-min 1.9 --log-sigma-max 2'
).split(' ');

it('says once, in the terminal and in the log, that mass lies beyond the margin, and not again on resume', async () => {
  const run = path.join(await temporaryFolder(), 'run');
  const io = captureIo({ isTTY: true });
  expect(await main(['train', ...FLAGS, '--steps', '145', '--out', run], io)).toBe(0);
  const logged = () => allEvents(path.join(run, 'metrics.jsonl'));
  const warnings = (events: Awaited<ReturnType<typeof logged>>) =>
    events.filter((event) => event.type === 'warning');
  // The hundredth update is that of step 140.
  const message = expect.stringMatching(
    /^\d\d\.\d % of the sampled actions have an entry that is nearer to -1 or 1/,
  );
  const beyond = { type: 'warning', step: 140, updates: 100, name: 'massBeyondMargin', message };
  const given = warnings(await logged());
  expect(given).toContainEqual(beyond);
  expect(new Set(given.map(({ name }) => name)).size).toBe(given.length);
  expect(io.err()).toMatch(
    /meow-bench: massBeyondMargin, since step 140: \d\d\.\d % of .* coordinates latent.*\n/,
  );

  const again = captureIo();
  expect(await main(['train', '--resume', run, '--steps', '250', '--quiet'], again)).toBe(0);
  const events = await logged();
  // It still does.
  expect(events).toContainEqual(
    expect.objectContaining({
      type: 'metrics',
      step: 250,
      update: expect.objectContaining({ beyondMargin: expect.closeTo(0.6, 0) }),
    }),
  );
  expect(warnings(events).filter(({ name }) => name === 'massBeyondMargin')).toEqual([beyond]);
  expect(again.err()).not.toContain('massBeyondMargin');
});
