import { clippedDoubleQTarget, smoothedAction, td3 } from './td3.ts';
import { describeDeterministicGolden } from './testing/describe-deterministic-golden.ts';

describeDeterministicGolden({
  definition: td3,
  file: 'td3-update.json',
  configOf: ({ policyFrequency = 0, policyNoise = 0, noiseClip = 0 }, shared) => ({
    ...shared,
    policyDelay: policyFrequency,
    targetNoise: policyNoise,
    targetNoiseClip: noiseClip,
  }),
  targetOf: (inputs, config) => {
    const nextAction = smoothedAction(inputs, config);
    return { nextAction, y: clippedDoubleQTarget(inputs, nextAction) };
  },
});
