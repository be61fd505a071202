import { describeUpdates } from '../testing/describe-updates.ts';
import { deterministicActorCritic } from '../testing/deterministic-actor-critic.ts';

describeUpdates(deterministicActorCritic, {
  config: {},
  perThread: { dropout: 0.25 },
  overflow: { moment: 'critic/adam/m/', term: "the norm of the critic's new parameters" },
});
