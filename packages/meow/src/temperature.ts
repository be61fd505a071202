import { exp, stopGradient } from '@meow-rl/graph';
import type { Tensor, TensorLike } from '@meow-rl/graph';

import type { MeowConfig } from './settings.ts';

/** α, without gradient: what values are made with moves the temperature no way, its loss alone does. */
export const temperatureOf = (
  networks: { readonly temperature?: Tensor },
  { alpha, tuneTemperature }: Pick<MeowConfig, 'alpha' | 'tuneTemperature'>,
): TensorLike =>
  // The networks have a temperature only where it is trained.
  tuneTemperature && networks.temperature ? stopGradient(exp(networks.temperature)) : alpha;
