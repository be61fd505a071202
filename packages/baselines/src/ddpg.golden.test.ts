import { ddpg, deterministicTarget } from './ddpg.ts';
import { describeDeterministicGolden } from './testing/describe-deterministic-golden.ts';

describeDeterministicGolden({
  definition: ddpg,
  file: 'ddpg-update.json',
  configOf: (_, shared) => shared,
  targetOf: (inputs) => ({
    nextAction: inputs.targets.actor(inputs.batch.nextObservation),
    y: deterministicTarget(inputs),
  }),
});
