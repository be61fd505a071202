import { execFileSync } from 'node:child_process';

import { PYTHON_SOURCES } from '@meow-rl/envs-isaac-bridge/node';
import { describe, expect, test } from 'vitest';

import { findPython } from '../../../../scripts/find-python.mjs';
import { algorithmNamed } from './index.ts';
import { presetOfIsaacTask, presetOfPerSecondTask } from './isaac-presets.ts';

const python = findPython();

interface TaskIds {
  readonly isaac_lab_3: readonly string[];
  readonly isaac_lab_2: readonly string[];
  readonly omniisaac: readonly string[];
}

/** The tasks that the server in Python knows, by the paper's names. */
function tasksOfServer(): Readonly<Record<string, TaskIds>> {
  const code =
    'import json; from dataclasses import asdict; from meow_isaac_bridge.tasks import PAPER_TASKS;' +
    'print(json.dumps({name: asdict(ids) for name, ids in PAPER_TASKS.items()}))';
  const env = { ...process.env, PYTHONPATH: PYTHON_SOURCES };
  return JSON.parse(execFileSync(python ?? '', ['-c', code], { env, encoding: 'utf8' }));
}

describe('the six tasks of Isaac', () => {
  test.skipIf(!python)('have their presets under all names that the server takes, and no others', () => {
    const names = Object.entries(tasksOfServer()).flatMap(([paper, ids]) => {
      const ofLab = [...ids.isaac_lab_3, ...ids.isaac_lab_2];
      const preset = `isaac-${paper.replace(/(?<=[a-z])(?=[A-Z])/, '-').toLowerCase()}`;
      return [
        ...new Set([
          ...(ofLab.length > 0 ? [paper, ...ofLab] : []).map((id) => `isaac:${id}`),
          ...[paper, ...ids.omniisaac].map((id) => `omniisaac:${id}`),
        ]),
      ].map((name): [string, string] => [name, preset]);
    });
    expect(names).toHaveLength(31);
    expect(presetOfIsaacTask).toEqual(Object.fromEntries(names));
  });

  test('divide the temperature where a step earns what accrues in its time', () => {
    const { presets, presetOfEnvironment } = algorithmNamed('meow');
    const alphaIn = (environment: string) => presets[presetOfEnvironment[environment] ?? '']?.agent['alpha'];
    expect(['isaac:Isaac-Ant-Direct', 'isaac:Isaac-Ant', 'isaac:Isaac-Ant-v0'].map(alphaIn)).toEqual(
      Array.from({ length: 3 }, () => 0.00125),
    );
    expect(['isaac:Isaac-Ant-Direct-v0', 'omniisaac:Ant'].map(alphaIn)).toEqual([0.075, 0.075]);
    expect(alphaIn('isaac:Isaac-Humanoid')).toBeCloseTo(0.25 / 60, 12);
    expect(['isaac:FrankaCabinet', 'isaac:Isaac-Open-Drawer-Franka'].map(alphaIn)).toEqual([
      0.00125, 0.00125,
    ]);
    expect(alphaIn('isaac:Isaac-Franka-Cabinet-Direct-v0')).toBe(0.075);
    // The hand acts 30 times in a second; its direct environment's rewards are those of a step.
    expect(alphaIn('isaac:Isaac-Reorient-Cube-Allegro')).toBeCloseTo(0.1 / 30, 12);
    expect(alphaIn('isaac:Isaac-Reorient-Cube-Allegro-Direct')).toBe(0.1);
    const names = Object.keys(presetOfPerSecondTask);
    expect(names.filter((name) => !(name in presetOfIsaacTask))).toEqual([]);
  });

  // Numbers of the paper's appendix: environments, batch, buffer, steps of each; tau, alpha, range of the prior's log-sigma.
  test.each([
    ['isaac-ant', 128, 1024, 1e6, 0.0005, 0.075, -5, 2],
    ['isaac-humanoid', 128, 1024, 1e6, 0.00025, 0.25, -5, -0.3],
    ['isaac-ingenuity', 128, 1024, 5e5, 0.0025, 0.025, -4, -0.3],
    ['isaac-anymal', 128, 1024, 1e6, 0.025, 0.00075, -5, -1],
    ['isaac-allegro-hand', 512, 256, 1e6, 0.001, 0.1, -4, -0.3],
    ['isaac-franka-cabinet', 512, 256, 1e6, 0.01, 0.075, -5, -0.3],
  ])('%s', (name, numEnvs, batchSize, steps, tau, alpha, logSigmaMin, logSigmaMax) => {
    const loop = {
      numEnvs,
      steps: numEnvs * steps,
      warmup: 100 * numEnvs,
      updatesPerStep: 1 / numEnvs,
      bufferSize: 15_000 * numEnvs,
      normalizeObservations: true,
    };
    const meow = algorithmNamed('meow');
    const preset = meow.presets[name];
    expect(preset).toMatchObject(loop);
    const defaults = Object.fromEntries(
      Object.entries(meow.settings).map(([setting, { default: value }]) => [setting, value]),
    );
    expect({ ...defaults, ...preset?.agent }).toMatchObject({
      batchSize,
      tau,
      alpha,
      logSigmaMin,
      logSigmaMax,
    });
    expect(algorithmNamed('sac').presets[name]).toMatchObject({ ...loop, agent: { batchSize } });
  });
});
