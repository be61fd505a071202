import { expect, it } from 'vitest';

import { failureOf } from './last-error.ts';

const output =
  'meow-bench: runs/a begins anew\n(node) warning\nmeow-bench: the disk is full. Make room.\n  at x\n';

it('the error that a process said last is why it failed', () => {
  expect(failureOf(1, null, output)).toBe('the disk is full. Make room.');
  expect(failureOf(3, null, 'node: bad option\n')).toBe('ended with exit code 3');
});

it('what a process said that was killed is not why', () => {
  expect(failureOf(null, 'SIGKILL', output)).toBe('killed by SIGKILL');
});
