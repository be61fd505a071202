import { expect, test } from 'vitest';

import { checkPeersInstalled } from './peer-process.ts';

test('peers that are missing are said to be, and how to get them', () => {
  expect(() => checkPeersInstalled('/nowhere/bin/python')).toThrow(
    /^the peers are not installed\. Run npm run peers:setup.*, or leave --peers out\.$/,
  );
  expect(() => checkPeersInstalled('/nowhere/bin/python', 'stay at home')).toThrow(/, or stay at home\.$/);
});
