import { describe, expect, test } from 'vitest';

import { addUp, phasesOf, PHASES, summarizeProfile, sumBy } from './phases.ts';
import { updatePrograms } from './update-programs.ts';

const programs = updatePrograms({
  algorithm: 'meow',
  observationSize: 3,
  actionSize: 2,
  batchSize: 8,
  seed: 0,
});

describe('phases of an update', () => {
  const phases = programs.flatMap((program) => Array.from(phasesOf(program)));
  const count = (phase: string, operator: RegExp): number =>
    phases.filter(([name, phaseOfNode]) => phaseOfNode === phase && operator.test(name)).length;

  test('each has nodes but the optimizer, which the engine has no part in', () => {
    expect(new Set(phases.map(([, phase]) => phase))).toEqual(
      new Set(PHASES.filter((phase) => phase !== 'optimizer')),
    );
  });

  test('the target has the products of three state networks and no coupling', () => {
    expect(count('target', /LayerNormalization/)).toBe(0);
    expect(count('target', /\bGemm/)).toBeLessThan(count('forward', /\bGemm/));
  });

  test('layers are normalized in the forward pass, two in each of four couplings', () => {
    expect(count('forward', /LayerNormalization/)).toBe(8);
  });

  test('the backward pass has most products', () => {
    expect(count('backward', /\bGemm/)).toBeGreaterThan(count('forward', /\bGemm/));
  });
});

const event = (name: string, op: string, dur: number, cat = 'Node') => ({
  cat,
  name,
  dur,
  args: { op_name: op },
});

describe('a profile', () => {
  const rows = summarizeProfile(
    [
      event('model_run', '', 9000, 'Session'),
      event('Mul_1_kernel_time', 'Mul', 3000),
      event('Mul_1_kernel_time', 'Mul', 1000),
      event('Mul_2_kernel_time', 'Mul', 500),
      event('Gemm_3_kernel_time', 'Gemm', 8000),
      event('fused_kernel_time', 'FusedGemm', 100),
      event('Gemm_3_fence_before', 'Gemm', 7000),
    ],
    new Map([
      ['Mul_1', 'forward'],
      ['Mul_2', 'forward'],
      ['Gemm_3', 'backward'],
    ]),
    2,
  );

  test('sums kernels per run by phase and operator', () => {
    expect(rows).toEqual([
      { phase: 'backward', operator: 'Gemm', nodes: 1, milliseconds: 4 },
      { phase: 'forward', operator: 'Mul', nodes: 2, milliseconds: 2.25 },
      { phase: 'unknown', operator: 'FusedGemm', nodes: 1, milliseconds: 0.05 },
    ]);
  });

  test('of several programs adds up what is of one operator and phase', () => {
    const row = { phase: 'forward', operator: 'Mul', nodes: 3, milliseconds: 1 } as const;
    expect(addUp([...rows, row])).toEqual([
      { phase: 'backward', operator: 'Gemm', nodes: 1, milliseconds: 4 },
      { phase: 'forward', operator: 'Mul', nodes: 5, milliseconds: 3.25 },
      { phase: 'unknown', operator: 'FusedGemm', nodes: 1, milliseconds: 0.05 },
    ]);
  });

  test('adds up', () => {
    expect(sumBy(rows, 'phase')).toEqual([
      ['backward', 4],
      ['forward', 2.25],
      ['unknown', 0.05],
    ]);
  });
});
