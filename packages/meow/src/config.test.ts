import { describe, expect, it } from 'vitest';

import { MEOW_DEFAULTS, MEOW_PRESETS, PRESET_OF_ENVIRONMENT, resolveMeowConfig } from './index.ts';
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
      dropout: 0.1,
      couplings: 4,
      hidden: [64, 64],
      shiftHidden: [256, 256],
      logSigmaMin: -5,
      logSigmaMax: -0.3,
    });
  });

  it('keeps what is given, what the bounds allow included', () => {
    const edge: Partial<MeowConfig> = { gamma: 0, tau: 1, dropout: 0, couplings: 1, hidden: [1] };
    expect(resolveMeowConfig(edge)).toEqual({ ...MEOW_DEFAULTS, ...edge });
    expect(resolveMeowConfig({ gamma: 1 }).gamma).toBe(1);
  });

  it.each<[Partial<MeowConfig>, string]>([
    [{ alpha: 0 }, 'meow: alpha must be a number > 0, got 0.'],
    [{ alpha: Number.POSITIVE_INFINITY }, 'meow: alpha must be a number > 0, got Infinity.'],
    [{ gamma: 1.01 }, 'meow: gamma must be a number from 0 to 1, got 1.01.'],
    [{ gamma: -0.1 }, 'meow: gamma must be a number from 0 to 1, got -0.1.'],
    [{ tau: 0 }, 'meow: tau must be a number > 0 and <= 1, got 0.'],
    [{ tau: 1.5 }, 'meow: tau must be a number > 0 and <= 1, got 1.5.'],
    [{ learningRate: Number.NaN }, 'meow: learningRate must be a number > 0, got NaN.'],
    [{ gradClip: -1 }, 'meow: gradClip must be a number > 0, got -1.'],
    [{ batchSize: 1.5 }, 'meow: batchSize must be a whole number >= 1, got 1.5.'],
    [{ dropout: 1 }, 'meow: dropout must be a number >= 0 and < 1, got 1.'],
    [{ couplings: 0 }, 'meow: couplings must be a whole number >= 1, got 0.'],
    [{ hidden: [] }, 'meow: hidden must be a list of whole numbers >= 1, got [].'],
    [{ hidden: [8, 0] }, 'meow: hidden must be a list of whole numbers >= 1, got [8,0].'],
    [{ shiftHidden: [2.5] }, 'meow: shiftHidden must be a list of whole numbers >= 1, got [2.5].'],
    [{ logSigmaMin: Number.NaN }, 'meow: logSigmaMin must be a finite number, got NaN.'],
    [{ logSigmaMin: 1, logSigmaMax: 1 }, 'meow: logSigmaMin must be less than logSigmaMax, got 1 and 1.'],
  ])('refuses %o', (options, message) => {
    expect(() => resolveMeowConfig(options)).toThrow(RangeError);
    expect(() => resolveMeowConfig(options)).toThrow(message);
  });

  it('refuses values from outside that have another type', () => {
    const fromFile: Partial<MeowConfig> = JSON.parse('{ "alpha": "0.25" }');
    expect(() => resolveMeowConfig(fromFile)).toThrow('meow: alpha must be a number > 0, got "0.25".');
    const flat: Partial<MeowConfig> = JSON.parse('{ "hidden": 64 }');
    expect(() => resolveMeowConfig(flat)).toThrow(
      'meow: hidden must be a list of whole numbers >= 1, got 64.',
    );
  });

  it('refuses an option that it does not know, with those that it does', () => {
    const typo: Partial<MeowConfig> = JSON.parse('{ "lr": 0.1 }');
    expect(() => resolveMeowConfig(typo)).toThrow('meow: unknown option lr. Known: alpha, gamma, tau,');
  });
});

describe('presets', () => {
  it.each(Object.entries(MEOW_PRESETS))('%s has settings that the agent accepts', (_, { agent }) => {
    expect(resolveMeowConfig(agent)).toEqual({ ...MEOW_DEFAULTS, ...agent });
  });

  it('exist for each environment that names one', () => {
    for (const name of Object.values(PRESET_OF_ENVIRONMENT))
      expect(Object.keys(MEOW_PRESETS)).toContain(name);
  });
});
