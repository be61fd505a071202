import { expect, it } from 'vitest';

import { counted } from './counted.ts';

it('one is not several, none is', () => {
  expect([0, 1, 2].map((count) => counted(count, 'trial'))).toEqual(['0 trials', '1 trial', '2 trials']);
});
