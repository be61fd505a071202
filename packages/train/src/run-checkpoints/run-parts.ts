import type { VectorEnv } from '@meow-rl/envs';
import type { ReplayBuffer } from '@meow-rl/replay';

import type { Savable } from '../contracts/savable.ts';
import type { ObservationNormalizer } from '../normalizers/observation-normalizer.ts';
import type { RewardScaler } from '../normalizers/reward-scaler.ts';

/** What a run consists of, beside the loop's own state: all that has to be restored to go on with it. */
export interface RunParts {
  readonly agent: Savable;
  readonly env: VectorEnv;
  readonly replay: ReplayBuffer;
  readonly observationNormalizer?: ObservationNormalizer | undefined;
  readonly rewardScaler?: RewardScaler | undefined;
}
