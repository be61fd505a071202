import { describe } from 'vitest';

import { findPython } from '../../../../scripts/find-python.mjs';
import { describeBridgeKill } from '../testing/describe-bridge-kill.ts';
import { TINY_AGENT } from '../testing/run-bench.ts';

const python = findPython();

describe.skipIf(python === undefined)('SIGKILL', () => {
  describeBridgeKill({
    env: 'gym-vector:InvertedPendulum-v5',
    python: python ?? '',
    argv: [
      ...TINY_AGENT,
      ...'--num-envs 4 --normalize-observations --warmup 80 --steps 1000000 --buffer-size 5000 --log-every 100'.split(
        ' ',
      ),
      ...'--checkpoint-every 200 --evaluate-every 300 --evaluation-episodes 2'.split(' '),
    ],
    moreSteps: 400,
    repeats: true,
  });
});
