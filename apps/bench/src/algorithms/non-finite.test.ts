import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { badEnvironment } from '../testing/bad-environment.ts';
import { quietBench } from '../testing/run-bench.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { ALGORITHMS } from './index.ts';

const COMMON = '--hidden 8 --batch-size 8 --num-envs 1 --evaluate-every 500';
const OF_REPLAY = `--steps 80 --warmup 10 ${COMMON}`;
const OF_ROLLOUTS = `--steps 64 --rollout-steps 64 ${COMMON}`;

describe.each(ALGORITHMS.map(({ name, rolloutSteps }) => [name, rolloutSteps ? OF_ROLLOUTS : OF_REPLAY]))(
  '%s stops at a number that is not finite, and blames the environment',
  (name = '', flags = '') => {
    it.each([
      ['reward', 'NaN as reward'],
      ['observation', 'Infinity as entry 1 of the observation'],
    ])('a %s', async (fault, what) => {
      const run = path.join(await temporaryFolder(), 'run');
      const env = badEnvironment(fault);
      const { code, err } = await quietBench(
        'train',
        '--algo',
        name,
        '--env',
        env,
        ...flags.split(' '),
        '--out',
        run,
      );
      expect(code, err).toBe(1);
      expect(err).toContain(`Bad-v0 (environment 0): step() gave ${what}, expected a finite 32-bit float.`);
      expect(err).toContain(
        `Nothing was saved in 29 steps. Begin it anew with: meow-bench train --resume ${run}, or with other settings and --force.`,
      );
    });
  },
);
