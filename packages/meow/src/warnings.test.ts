import { describe, expect, it } from 'vitest';

import { resolveMeowConfig } from './index.ts';
import type { MeowConfig } from './index.ts';
import { meowWarnings } from './warnings.ts';

const N = 200;
const A = 6;

/** The warnings of MEow with these settings, by name. */
const warningsOf = (config: Partial<MeowConfig>) =>
  meowWarnings({ observationSize: 17, actionSize: A }, resolveMeowConfig({ batchSize: N, ...config }));

const PUBLISHED = { coordinates: 'action', couplingBound: 0, uniformShare: 0 } as const;

describe('entropyAboveBound', () => {
  // The standard error of the mean of ½ Σ ε² over 200 samples is √(6 / 400).
  const most = A * Math.LN2 + 3 * Math.sqrt(A / (2 * N));

  it('is given for an entropy that chance cannot explain, saying how large it may be', () => {
    const { entropyAboveBound } = warningsOf(PUBLISHED);
    expect(entropyAboveBound({ entropy: most - 1e-9 })).toBeUndefined();
    expect(entropyAboveBound({ entropy: -1 })).toBeUndefined();
    expect(entropyAboveBound({ entropy: most + 1e-9 })).toMatch(
      /^The policy's entropy is 4\.53 nats, and no density on \[-1, 1\]\^6 has more than 4\.16: V is larger than alpha log of/,
    );
  });

  it('is not asked for by an update that reports no entropy', () => {
    expect(warningsOf({}).entropyAboveBound({ loss: 1 })).toBeUndefined();
  });

  it.each([
    [PUBLISHED, 'coordinates latent, couplingBound 1.5 and uniformShare 0.00001, which are the defaults.'],
    [{ uniformShare: 0 }, 'coordinates latent, couplingBound 1.5 and uniformShare 0.00001, which are the'],
    [{}, 'begin a new run with a lower learningRate or gradClip.'],
    // Their couplings have bounds of their own.
    [
      { ...PUBLISHED, layers: 'affine' as const },
      'new run with coordinates latent and uniformShare 0.00001, which are',
    ],
    [
      { couplingBound: 0, layers: 'spline' as const },
      'begin a new run with a lower learningRate or gradClip.',
    ],
  ])('says what to do with %o', (config, remedy) => {
    expect(warningsOf(config).entropyAboveBound({ entropy: 9 })).toContain(remedy);
  });
});

describe('massBeyondMargin', () => {
  const most = 0.01 + 3 * Math.sqrt((0.01 * 0.99) / N);

  it('is given where more than 1 % of the mass lies there for certain', () => {
    const { massBeyondMargin } = warningsOf(PUBLISHED);
    expect(massBeyondMargin?.({ beyondMargin: most - 1e-9 })).toBeUndefined();
    expect(massBeyondMargin?.({ loss: 1 })).toBeUndefined();
    expect(massBeyondMargin?.({ beyondMargin: 0.123 })).toMatch(
      /^12\.3 % of the sampled actions have an entry that is nearer to -1 or 1 than 1e-5: .* new run with coordinates latent/,
    );
  });

  it('is none where replay keeps latents, which are trained however far they lie', () => {
    expect(warningsOf({}).massBeyondMargin).toBeUndefined();
  });
});
