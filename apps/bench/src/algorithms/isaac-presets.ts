/** The paper's tasks of Isaac Gym, by the names of its Figure 4. */
export type IsaacTask =
  | 'isaac-ant'
  | 'isaac-humanoid'
  | 'isaac-ingenuity'
  | 'isaac-anymal'
  | 'isaac-allegro-hand'
  | 'isaac-franka-cabinet';

/** Steps of all environments. */
interface Scale {
  readonly numEnvs: 128 | 512;
  readonly steps: number;
}

const SCALES: Readonly<Record<IsaacTask, Scale>> = {
  'isaac-ant': { numEnvs: 128, steps: 1_000_000 },
  'isaac-humanoid': { numEnvs: 128, steps: 1_000_000 },
  'isaac-ingenuity': { numEnvs: 128, steps: 500_000 },
  'isaac-anymal': { numEnvs: 128, steps: 1_000_000 },
  'isaac-allegro-hand': { numEnvs: 512, steps: 1_000_000 },
  'isaac-franka-cabinet': { numEnvs: 512, steps: 1_000_000 },
};

/**
 * How the authors train in Isaac. A step of theirs is one of all environments and has one update; here each environment's counts.
 *
 * Reference: Chao et al., MEow (2024), appendix on experimental setups.
 */
export function isaacPreset<A extends object>(task: IsaacTask, agent: A) {
  const { numEnvs, steps } = SCALES[task];
  return {
    agent: { ...agent, batchSize: 131_072 / numEnvs },
    numEnvs,
    steps: numEnvs * steps,
    warmup: numEnvs * 100,
    updatesPerStep: 1 / numEnvs,
    bufferSize: numEnvs * 15_000,
    evaluateEvery: numEnvs * 10_000,
    normalizeObservations: true,
    policy: 'last',
  } as const;
}

/** Today's names of the tasks: of Isaac Lab 3, Isaac Lab 2, and OmniIsaacGymEnvs. Ingenuity has no successor. */
export const presetOfIsaacTask: Readonly<Record<string, IsaacTask>> = {
  'isaac:Isaac-Ant-Direct': 'isaac-ant',
  'isaac:Isaac-Ant': 'isaac-ant',
  'isaac:Isaac-Ant-Direct-v0': 'isaac-ant',
  'isaac:Isaac-Ant-v0': 'isaac-ant',
  'omniisaac:Ant': 'isaac-ant',
  'isaac:Isaac-Humanoid-Direct': 'isaac-humanoid',
  'isaac:Isaac-Humanoid': 'isaac-humanoid',
  'isaac:Isaac-Humanoid-Direct-v0': 'isaac-humanoid',
  'isaac:Isaac-Humanoid-v0': 'isaac-humanoid',
  'omniisaac:Humanoid': 'isaac-humanoid',
  'omniisaac:Ingenuity': 'isaac-ingenuity',
  'isaac:Isaac-Velocity-Flat-AnymalD': 'isaac-anymal',
  'isaac:Isaac-Velocity-Flat-Anymal-B-v0': 'isaac-anymal',
  'isaac:Isaac-Velocity-Flat-Anymal-C-v0': 'isaac-anymal',
  'isaac:Isaac-Velocity-Flat-Anymal-D-v0': 'isaac-anymal',
  'omniisaac:Anymal': 'isaac-anymal',
  'isaac:Isaac-Reorient-Cube-Allegro-Direct': 'isaac-allegro-hand',
  'isaac:Isaac-Reorient-Cube-Allegro': 'isaac-allegro-hand',
  'isaac:Isaac-Repose-Cube-Allegro-Direct-v0': 'isaac-allegro-hand',
  'isaac:Isaac-Repose-Cube-Allegro-v0': 'isaac-allegro-hand',
  'omniisaac:AllegroHand': 'isaac-allegro-hand',
  'isaac:Isaac-Open-Drawer-Franka-Direct': 'isaac-franka-cabinet',
  'isaac:Isaac-Open-Drawer-Franka': 'isaac-franka-cabinet',
  'isaac:Isaac-Franka-Cabinet-Direct-v0': 'isaac-franka-cabinet',
  'omniisaac:FrankaCabinet': 'isaac-franka-cabinet',
};
