import type { VectorEnv } from '@meow-rl/envs';
import type { ReplayBuffer, RolloutBuffer } from '@meow-rl/replay';

import type { Savable } from '../contracts/savable.ts';
import type { ObservationNormalizer } from '../normalizers/observation-normalizer.ts';
import type { RewardScaler } from '../normalizers/reward-scaler.ts';
import type { OffPolicyState } from '../off-policy-state.ts';
import type { OnPolicyState } from '../on-policy-state.ts';

/** What a run consists of beside its buffer. */
interface CommonParts {
  readonly agent: Savable;
  readonly env: VectorEnv;
  readonly observationNormalizer?: ObservationNormalizer | undefined;
  readonly rewardScaler?: RewardScaler | undefined;
}

/** What a run consists of, beside the loop's own state: all that has to be restored to go on with it. */
export type RunParts = CommonParts &
  (
    | { readonly replay: ReplayBuffer; readonly rollout?: undefined }
    | { readonly rollout: RolloutBuffer; readonly replay?: undefined }
  );

/** The state of the loop that trains a run of such parts. */
export type LoopStateOf<P extends RunParts> = P extends { readonly rollout: RolloutBuffer }
  ? OnPolicyState
  : OffPolicyState;
