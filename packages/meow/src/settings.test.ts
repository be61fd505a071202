import { describe, expect, it } from 'vitest';

import { MEOW_DEFAULTS, resolveMeowConfig } from './index.ts';
import type { MeowConfig } from './index.ts';

describe('resolveMeowConfig', () => {
  it("has the paper's values for Hopper as defaults", () => {
    expect(resolveMeowConfig()).toEqual({
      alpha: 0.25,
      gamma: 0.99,
      tau: 0.005,
      learningRate: 1e-3,
      gradClip: 30,
      batchSize: 256,
      coordinates: 'latent',
      uniformShare: 1e-5,
      couplingBound: 1.5,
      dropout: 0.1,
      couplings: 4,
      hidden: [64, 64],
      shifts: 2,
      shiftHidden: [256, 256],
      logSigmaMin: -5,
      logSigmaMax: -0.3,
      layers: 'additive',
      linear: 'none',
      deterministic: 'mode',
      candidates: 32,
      tuneTemperature: false,
      targetEntropyPerAction: -1,
      temperatureLearningRate: 1e-3,
    });
  });

  it('keeps what is given, what the bounds allow included', () => {
    const edge: Partial<MeowConfig> = {
      alpha: 1e-10,
      gamma: 0,
      tau: 1,
      learningRate: 1e10,
      gradClip: 1e38,
      dropout: 0,
      couplings: 1,
      hidden: [1],
      logSigmaMin: -20,
      logSigmaMax: 20,
    };
    expect(resolveMeowConfig(edge)).toEqual({ ...MEOW_DEFAULTS, ...edge });
    const other: Partial<MeowConfig> = {
      alpha: 1e10,
      gamma: 1,
      tau: 1e-7,
      learningRate: 1e-10,
      gradClip: 1e-10,
    };
    expect(resolveMeowConfig(other)).toEqual({ ...MEOW_DEFAULTS, ...other });
    // What is below 1 stays below 1 in a batch's discounts.
    expect(Math.fround(resolveMeowConfig({ gamma: 0.9999999 }).gamma)).toBeLessThan(1);
  });

  it.each<[Partial<MeowConfig>, string]>([
    [{ alpha: 0 }, 'meow: alpha must be a number from 1e-10 to 1e10, got 0. Beyond, the loss leaves'],
    [{ alpha: 1e300 }, 'meow: alpha must be a number from 1e-10 to 1e10, got 1e+300.'],
    [{ alpha: 1e-300 }, 'meow: alpha must be a number from 1e-10 to 1e10, got 1e-300.'],
    [{ alpha: Number.POSITIVE_INFINITY }, 'meow: alpha must be a number from 1e-10 to 1e10, got Infinity.'],
    [{ gamma: 1.01 }, 'meow: gamma must be a number from 0 to 0.9999999, or 1, got 1.01.'],
    [{ gamma: 0.99999999 }, 'or 1, got 0.99999999. Closer to 1, 32-bit floats round it to 1.'],
    [{ gamma: -0.1 }, 'meow: gamma must be a number from 0 to 0.9999999, or 1, got -0.1.'],
    [{ tau: 0 }, 'meow: tau must be a number from 1e-7 to 1, got 0. Below, 32-bit floats round'],
    [{ tau: 1e-300 }, 'meow: tau must be a number from 1e-7 to 1, got 1e-300.'],
    [{ tau: 1.5 }, 'meow: tau must be a number from 1e-7 to 1, got 1.5.'],
    [{ learningRate: Number.NaN }, 'meow: learningRate must be a number from 1e-10 to 1e10, got NaN.'],
    [{ learningRate: 1e-300 }, 'meow: learningRate must be a number from 1e-10 to 1e10, got 1e-300.'],
    [{ learningRate: 1e300 }, 'meow: learningRate must be a number from 1e-10 to 1e10, got 1e+300.'],
    [{ gradClip: -1 }, 'meow: gradClip must be a number from 1e-10 to 1e38, got -1.'],
    [{ gradClip: 1e-300 }, 'meow: gradClip must be a number from 1e-10 to 1e38, got 1e-300. Below, nothing'],
    [{ gradClip: 1e39 }, 'got 1e+39. Below, nothing is learned; 1e38 clips nothing.'],
    [{ batchSize: 1.5 }, 'meow: batchSize must be a positive integer, got 1.5.'],
    [{ batchSize: 1e300 }, 'meow: batchSize must be a positive integer, got 1e+300.'],
    [{ dropout: 1 }, 'meow: dropout must be a number of at least 0 and below 1, got 1.'],
    [{ couplings: 0 }, 'meow: couplings must be a positive integer, got 0.'],
    [{ hidden: [] }, 'meow: hidden must be a list of positive integers such as 64,64, got [].'],
    [{ hidden: [8, 0] }, 'meow: hidden must be a list of positive integers such as 64,64, got [8,0].'],
    [
      { shiftHidden: [2.5] },
      'meow: shiftHidden must be a list of positive integers such as 64,64, got [2.5].',
    ],
    [JSON.parse('{ "shifts": 3 }'), 'meow: shifts must be one of 0, 1, 2, got 3.'],
    [{ logSigmaMin: Number.NaN }, 'meow: logSigmaMin must be a number from -20 to 20, got NaN.'],
    [
      { logSigmaMin: -1000 },
      'meow: logSigmaMin must be a number from -20 to 20, got -1000. It is the logarithm',
    ],
    [
      { logSigmaMax: 1000 },
      'meow: logSigmaMax must be a number from -20 to 20, got 1000. It is the logarithm',
    ],
    [
      JSON.parse('{ "layers": "radial" }'),
      'meow: layers must be one of additive, affine, spline, got "radial".',
    ],
    [JSON.parse('{ "linear": true }'), 'meow: linear must be one of none, lu, got true.'],
    [
      JSON.parse('{ "deterministic": "mean" }'),
      'meow: deterministic must be one of mode, best-of-k, got "mean".',
    ],
    [
      JSON.parse('{ "coordinates": "latnt" }'),
      'meow: coordinates must be one of latent, action, got "latnt".',
    ],
    ...[-1, 1e-40, 1e11, Number.NaN, Number.POSITIVE_INFINITY].map(
      (couplingBound): [Partial<MeowConfig>, string] => [
        { couplingBound },
        `meow: couplingBound must be a number from 1e-6 to 1e10, or 0, got ${couplingBound}. A bound below`,
      ],
    ),
    ...[-1e-9, 0.5, 1, 2, Number.NaN].map((uniformShare): [Partial<MeowConfig>, string] => [
      { uniformShare },
      `meow: uniformShare must be a number of at least 0 and below 0.5, got ${uniformShare}. With 0`,
    ]),
    [{ candidates: 0 }, 'meow: candidates must be a whole number from 1 to 1024, got 0.'],
    [JSON.parse('{ "tuneTemperature": 1 }'), 'meow: tuneTemperature must be true or false, got 1.'],
    [
      { temperatureLearningRate: 0 },
      'meow: temperatureLearningRate must be a number from 1e-10 to 1e10, got 0.',
    ],
    [
      { targetEntropyPerAction: Number.NaN },
      'meow: targetEntropyPerAction must be a number from -1e6 to 1e6, got NaN.',
    ],
    [
      { candidates: 4 },
      'meow: candidates 4 has no effect with deterministic mode. Leave it out, or set deterministic to best-of-k.',
    ],
    [
      { layers: 'affine', couplingBound: 2 },
      'meow: couplingBound 2 has no effect with layers affine. Leave it out, or set layers to additive.',
    ],
    [{ layers: 'spline', couplingBound: 2 }, 'meow: couplingBound 2 has no effect with layers spline.'],
    [
      { temperatureLearningRate: 0.01 },
      'meow: temperatureLearningRate 0.01 has no effect with tuneTemperature false. Leave it out, or set tuneTemperature to true.',
    ],
    [
      { targetEntropyPerAction: 0 },
      'meow: targetEntropyPerAction 0 has no effect with tuneTemperature false.',
    ],
    [{ logSigmaMin: 1, logSigmaMax: 1 }, 'meow: logSigmaMin must be less than logSigmaMax, got 1 and 1.'],
  ])('refuses %o', (options, message) => {
    expect(() => resolveMeowConfig(options)).toThrow(RangeError);
    expect(() => resolveMeowConfig(options)).toThrow(message);
  });

  it('takes the published form, which has no bound, with any layers', () => {
    for (const layers of ['affine', 'spline'] as const)
      expect(resolveMeowConfig({ layers, couplingBound: 0 })).toMatchObject({ layers, couplingBound: 0 });
  });

  it('refuses values from outside that have another type', () => {
    const fromFile: Partial<MeowConfig> = JSON.parse('{ "alpha": "0.25" }');
    expect(() => resolveMeowConfig(fromFile)).toThrow(
      'meow: alpha must be a number from 1e-10 to 1e10, got "0.25".',
    );
    const flat: Partial<MeowConfig> = JSON.parse('{ "hidden": 64 }');
    expect(() => resolveMeowConfig(flat)).toThrow(
      'meow: hidden must be a list of positive integers such as 64,64, got 64.',
    );
  });

  it('refuses an option that it does not know, with those that it does', () => {
    const typo: Partial<MeowConfig> = JSON.parse('{ "lr": 0.1 }');
    expect(() => resolveMeowConfig(typo)).toThrow('meow: unknown option lr. Known: alpha, gamma, tau,');
  });
});
