import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import type { tfjsNodeRuntime as TfjsNodeRuntime } from './tfjs-node.ts';

const nodeRequire = createRequire(import.meta.url);

/** As a process has it that has loaded no TensorFlow. */
let tfjsNodeRuntime: typeof TfjsNodeRuntime;
beforeEach(async () => {
  vi.resetModules();
  ({ tfjsNodeRuntime } = await import('./tfjs-node.ts'));
});

/** Stands in for a package of TensorFlow.js for Node. */
const packageOn = (isUsingGpuDevice: boolean) => () => ({
  ...tf,
  findBackend: () => ({ isUsingGpuDevice }),
  ready: async () => {},
});
const failing = (message: string) => () => {
  throw new Error(message);
};

describe('tfjsNodeRuntime', () => {
  it.each([0, 1.5, Number.NaN])('refuses %d threads', async (threads) => {
    await expect(tfjsNodeRuntime({ threads })).rejects.toThrow(
      new RangeError(`tfjsNodeRuntime: threads must be a whole number >= 1, got ${threads}.`),
    );
  });

  it.each([
    [false, 'tfjs-node', 'npm run setup:tfjs-node'],
    [true, 'tfjs-node-gpu', 'npm run setup:tfjs-node -- --gpu'],
  ])('says how a package is built that is missing or broken, gpu %s', async (gpu, name, command) => {
    const missing = failing(`Cannot find module '@tensorflow/${name}'\nRequire stack:`);
    await expect(tfjsNodeRuntime({ gpu }, missing)).rejects.toThrow(
      `tfjsNodeRuntime: @tensorflow/${name} is not installed. Run ${command} in a clone of meow-rl.`,
    );
    await expect(tfjsNodeRuntime({ gpu }, failing('libtensorflow.so.2: no such file'))).rejects.toThrow(
      `tfjsNodeRuntime: @tensorflow/${name} can't be loaded (libtensorflow.so.2: no such file). Run ${command} in a clone of meow-rl.`,
    );
  });

  it('puts in place what newer versions of Node lack, before the package is loaded', async () => {
    const util: { isNullOrUndefined?: (value: unknown) => boolean } = nodeRequire('node:util');
    const original = util.isNullOrUndefined;
    delete util.isNullOrUndefined;
    try {
      const runtime = await tfjsNodeRuntime({}, () => {
        expect([null, undefined, 0, ''].map((value) => util.isNullOrUndefined?.(value))).toEqual([
          true,
          true,
          false,
          false,
        ]);
        return packageOn(false)();
      });
      expect(runtime.name).toBe('tfjs-node');
    } finally {
      if (original) util.isNullOrUndefined = original;
    }
  });

  it('keeps to the library and the threads that a process has loaded', async () => {
    const names = ['tfjs-node', 'tfjs-node'];
    for (const name of names)
      expect((await tfjsNodeRuntime({ threads: 2 }, packageOn(false))).name).toBe(name);
    expect(process.env['TF_NUM_INTRAOP_THREADS']).toBe('2');
    await expect(tfjsNodeRuntime({ threads: 1 }, packageOn(false))).rejects.toThrow(
      'tfjsNodeRuntime: this process computes on tfjs-node with 2 threads and keeps to that, and tfjs-node with 1 was asked for. Start another process.',
    );
    await expect(tfjsNodeRuntime({ gpu: true, threads: 2 }, packageOn(true))).rejects.toThrow(
      'and tfjs-node-gpu with 2 was asked for.',
    );
    expect(process.env['TF_NUM_INTRAOP_THREADS']).toBe('2');
  });

  it('computes on a GPU or not at all where one is asked for', async () => {
    await expect(tfjsNodeRuntime({ gpu: true }, packageOn(false))).rejects.toThrow(
      'tfjsNodeRuntime: TensorFlow finds no GPU here. See that nvidia-smi shows one, or compute without gpu.',
    );
    expect((await tfjsNodeRuntime({ gpu: true }, packageOn(true))).name).toBe('tfjs-node-gpu');
  });
});

describe('npm run setup:tfjs-node', () => {
  let folder = '';
  beforeAll(async () => {
    // Apart from what this clone has set up.
    folder = await mkdtemp(path.join(tmpdir(), 'meow-setup-'));
    await mkdir(path.join(folder, 'scripts'));
    for (const name of ['setup-tfjs-node.mjs', 'user-folder.mjs'])
      await copyFile(
        new URL(`../../../scripts/${name}`, import.meta.url),
        path.join(folder, 'scripts', name),
      );
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each([
    [['--cpu'], {}, "Unknown option '--cpu'. Give nothing, or --gpu for NVIDIA's CUDA."],
    [[], { CXX: '/nowhere/c++' }, "it needs a C++ compiler, and /nowhere/c++ can't be run. Install one"],
    [
      [],
      { CXX: process.execPath, PYTHON: '/nowhere/python' },
      'it needs Python 3.9 or newer to install wheels with, and /nowhere/python is none. Install Python',
    ],
  ])('%j with %j says what it needs', (flags, variables, message) => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/setup-tfjs-node.mjs', ...flags], {
      cwd: folder,
      env: { ...process.env, ...variables },
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stderr).toContain(`setup:tfjs-node: ${message}`);
  });
});
