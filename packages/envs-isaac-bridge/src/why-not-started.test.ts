import { expect, it } from 'vitest';

import { whyNotStarted } from './why-not-started.ts';

const TRACE = 'Traceback (most recent call last):\n  File "own.py", line 1\n';

it.each([
  ['', undefined],
  ['a line of the simulator\n', undefined],
  [
    `a warning\nmeow_isaac_bridge: Gymnasium can't make X: no such.\n`,
    { problem: 'connection', reason: "Gymnasium can't make X: no such." },
  ],
  [
    `No module named 'pygame', which matters little\nmeow_isaac_bridge: X has unbounded actions.\n`,
    { problem: 'connection', reason: 'X has unbounded actions.' },
  ],
  [
    `meow_isaac_bridge: an error\n${TRACE}ValueError: 3\nmeow_isaac_bridge: ValueError: 3 (own.py, line 1)\n`,
    { problem: 'connection', reason: 'ValueError: 3 (own.py, line 1)' },
  ],
  [
    `meow_isaac_bridge: X has unbounded actions.\nError in atexit: No module named 'carb'\n`,
    { problem: 'connection', reason: 'X has unbounded actions.' },
  ],
  [
    `meow_isaac_bridge: ModuleNotFoundError: No module named 'torch' (own.py, line 1)\n`,
    {
      problem: 'python',
      reason:
        "ModuleNotFoundError: No module named 'torch' (own.py, line 1). Its Python has no torch: install it there, " +
        'a simulator as docs/isaac.md says, or name another Python.',
    },
  ],
  [
    'meow_isaac_bridge: envpool is not installed for this Python. Install it: pip install envpool\n',
    {
      problem: 'python',
      reason: 'envpool is not installed for this Python. Install it: pip install envpool',
    },
  ],
  [
    `${TRACE}ModuleNotFoundError: No module named 'websockets.asyncio'\n`,
    {
      problem: 'python',
      reason:
        'Its Python has no websockets.asyncio: install it there with "pip install numpy msgpack websockets", or name another Python.',
    },
  ],
])('%j is why', (log, why) => {
  expect(whyNotStarted(log)).toEqual(why);
});
