import { describe, expect, test } from 'vitest';

import { checkPeersInstalled, parsePeers } from './peer-process.ts';

describe('peers', () => {
  test('are named by commas', () => {
    expect(parsePeers('torch, jax')).toEqual(['torch', 'jax']);
    expect(() => parsePeers('torch,keras')).toThrow(
      '--peers can\'t be "torch,keras". Give one or more of torch, jax, separated by commas.',
    );
  });

  test('that are missing are said to be, and how to get them', () => {
    expect(() => checkPeersInstalled('/nowhere/bin/python')).toThrow(
      /^the peers are not installed\. Run npm run peers:setup/,
    );
  });
});
