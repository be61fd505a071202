import { expect, it } from 'vitest';

import type { Run } from '../compare/read-run.ts';
import { trainCommand } from './run-command.ts';

const run = (algorithm: string, environment: string, config: Run['config']): Run => ({
  folder: 'runs/a',
  environment,
  algorithm,
  seed: 3,
  config: { algo: algorithm, env: environment, ...config },
  evaluations: [],
  step: 1,
  countedSteps: 1,
  seconds: 1,
  notes: [],
});

it('says nothing that preset and defaults say', () => {
  const config = {
    preset: 'hopper',
    steps: 1_500_000,
    warmup: 5000,
    agent: { alpha: 0.25, hidden: [64, 64] },
  };
  expect(trainCommand(run('meow', 'Hopper-v5', { ...config, agent: { ...config.agent, ...TODAY } }))).toBe(
    'meow-bench train --algo meow --env Hopper-v5 --seed 3 --parallel off --engine onnxruntime',
  );
});

it('says what differs, the preset and the agent’s settings among it', () => {
  const config = {
    preset: 'hopper-affine',
    steps: 20_000,
    fused: true,
    evaluateEvery: 1000,
    checkpointEvery: 1000,
  };
  const agent = { ...TODAY, hidden: [32], layers: 'affine', deterministic: 'best-of-k' };
  expect(trainCommand(run('meow', 'Hopper-v5', { ...config, agent }))).toBe(
    'meow-bench train --algo meow --env Hopper-v5 --seed 3 --preset hopper-affine --steps 20000 --evaluate-every 1000 --parallel off --engine fused --hidden 32',
  );
});

it('says what a setting was that came after the run', () => {
  expect(trainCommand(run('meow', 'Hopper-v5', { preset: 'hopper', agent: {} }))).toBe(
    'meow-bench train --algo meow --env Hopper-v5 --seed 3 --parallel off --engine onnxruntime --coordinates action --coupling-bound 0 --uniform-share 0',
  );
});

it('gives the recorded settings of what this version does not know', () => {
  const again = 'meow-bench train --config runs/a/config.json';
  expect(trainCommand(run('dqn', 'Hopper-v5', {}))).toBe(again);
  expect(trainCommand(run('meow', 'Hopper-v5', { preset: 'gone' }))).toBe(again);
});

/** What runs recorded that MEow computed with otherwise before. */
const TODAY = { coordinates: 'latent', couplingBound: 1.5, uniformShare: 0.00001 };
