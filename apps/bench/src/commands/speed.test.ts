import { whyUnavailable } from '@meow-rl/onnxruntime-fused';
import { expect, test } from 'vitest';
import { z } from 'zod';

import { main } from '../cli/main.ts';
import { captureIo } from '../testing/capture.ts';

const resultSchema = z.object({
  sizes: z.array(
    z.object({
      threads: z.number(),
      batchSize: z.number(),
      update: z.array(
        z.object({
          name: z.string(),
          milliseconds: z.object({ median: z.number() }),
          ratio: z.number(),
        }),
      ),
      action: z.array(z.object({ rows: z.number(), deterministic: z.boolean() })),
      replaySample: z.object({ median: z.number().positive() }).optional(),
    }),
  ),
  profile: z
    .array(z.object({ phase: z.string(), operator: z.string(), milliseconds: z.number() }))
    .default([]),
  soak: z.object({ updates: z.number() }).optional(),
  loops: z
    .array(z.object({ compared: z.array(z.object({ name: z.string(), stepsPerSecond: z.number() })) }))
    .optional(),
});

const small = ['--observation-size', '2', '--action-size', '2', '--batch-size', '8', '--updates', '4'];

test('speed measures a size, profiles its update and watches memory', async () => {
  const io = captureIo();
  const more = ['--warmup', '1', '--rounds', '2', '--loop-steps', '0', '--profile', '--soak', '5'];
  expect(await main(['speed', ...small, ...more, '--json'], io), io.err()).toBe(0);
  const { sizes, profile, soak } = resultSchema.parse(JSON.parse(io.out()));
  expect(sizes).toHaveLength(1);
  expect(sizes[0]?.update).toMatchObject([
    { name: 'meow-rl', ratio: 1 },
    // Beside it the engine without fused operators, where both are there.
    ...(whyUnavailable() === undefined ? [{ name: 'meow-rl, onnxruntime' }] : []),
  ]);
  expect(sizes[0]).toHaveProperty('replaySample');
  expect(sizes[0]?.action.map(({ rows, deterministic }) => [rows, deterministic])).toEqual([
    [1, false],
    [1, true],
    [16, false],
    [16, true],
    [256, false],
    [256, true],
  ]);
  const of = (phase: string) => profile.filter((row) => row.phase === phase).map(({ operator }) => operator);
  const product = whyUnavailable() === undefined ? 'Product' : 'Gemm';
  for (const phase of ['target', 'forward', 'backward']) expect(of(phase)).toContain(product);
  expect(of('optimizer')).toEqual(['step']);
  expect(soak?.updates).toBe(5);
});

test('speed compares the ways to use several threads', async () => {
  const io = captureIo();
  const more = ['--threads', '2', '--warmup', '1', '--rounds', '1', '--loop-steps', '5'];
  expect(await main(['speed', ...small, ...more, '--json'], io), io.err()).toBe(0);
  const { sizes, loops } = resultSchema.parse(JSON.parse(io.out()));
  expect(sizes[0]?.update.map(({ name }) => name)).toEqual([
    'meow-rl, 2 workers',
    'meow-rl, 1 thread',
    'meow-rl, 2 threads in operators',
  ]);
  expect(loops?.[0]?.compared.map(({ name }) => name)).toEqual([
    'meow-rl, 2 workers',
    'meow-rl, 1 thread',
    'meow-rl, pipelined',
  ]);
  for (const { stepsPerSecond } of loops?.[0]?.compared ?? []) expect(stepsPerSecond).toBeGreaterThan(0);
});

test('speed times engines side by side', async () => {
  const io = captureIo();
  const more = ['--warmup', '1', '--rounds', '2', '--loop-steps', '0'];
  const engines = ['--engine', 'onnxruntime,tfjs-wasm,tfjs-cpu'];
  expect(await main(['speed', ...small, ...more, ...engines, '--json'], io), io.err()).toBe(0);
  const { sizes } = resultSchema.parse(JSON.parse(io.out()));
  expect(sizes[0]?.update).toMatchObject([
    { name: 'meow-rl', ratio: 1 },
    { name: 'meow-rl, tfjs-wasm' },
    { name: 'meow-rl, tfjs-cpu' },
  ]);
  for (const { milliseconds } of sizes[0]?.update ?? []) expect(milliseconds.median).toBeGreaterThan(0);
});

test.each([
  [['--engine', 'tfjs'], '--engine can\'t be "tfjs". Give one or more of auto, fused, onnxruntime,'],
  [['--engine', 'tfjs-wasm', '--threads', '2'], 'tfjs-wasm computes on one thread, and 2 were asked for'],
  [['--engine', 'tfjs-wasm', '--profile'], "tfjs-wasm doesn't profile its operators. Leave --profile out"],
])('speed refuses %j before it measures', async (flags, message) => {
  const io = captureIo();
  expect(await main(['speed', ...flags], io)).toBe(2);
  expect(io.err()).toContain(message);
});

test('speed refuses a peer that it does not know before it measures', async () => {
  const io = captureIo();
  expect(await main(['speed', '--peers', 'keras'], io)).toBe(2);
  expect(io.err()).toContain('Give one or more of torch, jax');
});

test("speed takes the algorithm's own batch size, unless another is given", async () => {
  const batchSizes: (number | undefined)[] = [];
  const quick = [
    '--observation-size',
    '2',
    '--action-size',
    '2',
    '--updates',
    '2',
    '--warmup',
    '0',
    '--rounds',
    '2',
  ];
  for (const given of [[], ['--batch-size', '8']]) {
    const io = captureIo();
    const flags = ['--algo', 'sql', ...quick, '--loop-steps', '0', ...given, '--json'];
    expect(await main(['speed', ...flags], io), io.err()).toBe(0);
    batchSizes.push(resultSchema.parse(JSON.parse(io.out())).sizes[0]?.batchSize);
  }
  expect(batchSizes).toEqual([128, 8]);
});

test('speed measures SAC and takes both programs of its update apart', async () => {
  const io = captureIo();
  const more = ['--warmup', '1', '--rounds', '2', '--loop-steps', '0', '--profile'];
  expect(await main(['speed', '--algo', 'sac', ...small, ...more, '--json'], io), io.err()).toBe(0);
  const { sizes, profile } = resultSchema.parse(JSON.parse(io.out()));
  expect(sizes[0]?.update[0]).toMatchObject({ name: 'meow-rl', ratio: 1 });
  const phases = ['target', 'forward', 'backward', 'optimizer'];
  for (const phase of phases) {
    const milliseconds = profile.filter((row) => row.phase === phase).map((row) => row.milliseconds);
    expect(Math.max(0, ...milliseconds), phase).toBeGreaterThan(0);
  }
});

test('speed measures the updates of PPO, which have no replay, and its loop over threads', async () => {
  const io = captureIo();
  const more = ['--threads', '2', '--warmup', '1', '--rounds', '1', '--loop-steps', '1', '--soak', '321'];
  expect(await main(['speed', '--algo', 'ppo', ...small, ...more, '--profile', '--json'], io), io.err()).toBe(
    0,
  );
  const { sizes, loops, profile, soak } = resultSchema.parse(JSON.parse(io.out()));
  expect(sizes[0]?.update.map(({ name }) => name)).toEqual([
    'meow-rl, 1 thread',
    'meow-rl, 2 threads in operators',
  ]);
  expect(sizes[0]).not.toHaveProperty('replaySample');
  expect(loops?.[0]?.compared).toMatchObject([{ name: 'meow-rl, 2 workers' }, { name: 'meow-rl, 1 thread' }]);
  expect(loops?.[0]?.compared[0]?.stepsPerSecond).toBeGreaterThan(0);
  const phases = new Set(profile.map(({ phase }) => phase));
  // What the engine made of several nodes; there are no targets.
  phases.delete('unknown');
  expect(phases).toEqual(new Set(['forward', 'backward', 'optimizer']));
  // Ten epochs of 32 minibatches at once.
  expect(soak?.updates).toBe(640);
});
