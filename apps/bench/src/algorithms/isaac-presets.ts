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

/** Ids of the tasks that `isaac:` and `omniisaac:` take: the paper's name first, then those of Isaac Lab 3 and 2, and of OmniIsaacGymEnvs. */
const IDS: Readonly<
  Record<IsaacTask, { readonly isaac: readonly string[]; readonly omniisaac: readonly string[] }>
> = {
  'isaac-ant': {
    isaac: ['Ant', 'Isaac-Ant-Direct', 'Isaac-Ant', 'Isaac-Ant-Direct-v0', 'Isaac-Ant-v0'],
    omniisaac: ['Ant'],
  },
  'isaac-humanoid': {
    isaac: [
      'Humanoid',
      'Isaac-Humanoid-Direct',
      'Isaac-Humanoid',
      'Isaac-Humanoid-Direct-v0',
      'Isaac-Humanoid-v0',
    ],
    omniisaac: ['Humanoid'],
  },
  // Isaac Lab has no successor.
  'isaac-ingenuity': { isaac: [], omniisaac: ['Ingenuity'] },
  'isaac-anymal': {
    isaac: [
      'ANYmal',
      'Isaac-Velocity-Flat-AnymalD',
      'Isaac-Velocity-Flat-Anymal-D-v0',
      'Isaac-Velocity-Flat-Anymal-C-v0',
      'Isaac-Velocity-Flat-Anymal-B-v0',
    ],
    omniisaac: ['ANYmal', 'Anymal'],
  },
  'isaac-allegro-hand': {
    isaac: [
      'AllegroHand',
      'Isaac-Reorient-Cube-Allegro-Direct',
      'Isaac-Reorient-Cube-Allegro',
      'Isaac-Repose-Cube-Allegro-Direct-v0',
      'Isaac-Repose-Cube-Allegro-v0',
    ],
    omniisaac: ['AllegroHand'],
  },
  'isaac-franka-cabinet': {
    isaac: [
      'FrankaCabinet',
      'Isaac-Open-Drawer-Franka-Direct',
      'Isaac-Open-Drawer-Franka',
      'Isaac-Franka-Cabinet-Direct-v0',
    ],
    omniisaac: ['FrankaCabinet'],
  },
};

/** The task of the paper that `--env` names. */
export const presetOfIsaacTask: Readonly<Record<string, IsaacTask>> = Object.fromEntries(
  (Object.keys(IDS) as IsaacTask[]).flatMap((task) => {
    const { isaac, omniisaac } = IDS[task];
    const names = [...isaac.map((id) => `isaac:${id}`), ...omniisaac.map((id) => `omniisaac:${id}`)];
    return names.map((name) => [name, task]);
  }),
);

/**
 * The tasks whose rewards accrue per second, so that one of a step of 1/60 s is a sixtieth of the paper's: those of locomotion and of the
 * cabinet in Isaac Lab 3, and in 2 and 3 those that a manager runs. A temperature that is fixed goes with the rewards. ANYmal's did so in the
 * paper's simulator already.
 *
 * Reference: Isaac Lab 3.0, locomotion_direct_env.py, cabinet_direct_env.py and reward_manager.py.
 */
export const presetOfPerSecondTask = {
  'isaac:Ant': 'isaac-ant-per-second',
  'isaac:Isaac-Ant-Direct': 'isaac-ant-per-second',
  'isaac:Isaac-Ant': 'isaac-ant-per-second',
  'isaac:Isaac-Ant-v0': 'isaac-ant-per-second',
  'isaac:Humanoid': 'isaac-humanoid-per-second',
  'isaac:Isaac-Humanoid-Direct': 'isaac-humanoid-per-second',
  'isaac:Isaac-Humanoid': 'isaac-humanoid-per-second',
  'isaac:Isaac-Humanoid-v0': 'isaac-humanoid-per-second',
  'isaac:Isaac-Reorient-Cube-Allegro': 'isaac-allegro-hand-per-second',
  'isaac:Isaac-Repose-Cube-Allegro-v0': 'isaac-allegro-hand-per-second',
  'isaac:FrankaCabinet': 'isaac-franka-cabinet-per-second',
  'isaac:Isaac-Open-Drawer-Franka-Direct': 'isaac-franka-cabinet-per-second',
  'isaac:Isaac-Open-Drawer-Franka': 'isaac-franka-cabinet-per-second',
} as const;

/** Steps of these tasks in a second. */
export const STEPS_PER_SECOND = {
  'isaac-ant': 60,
  'isaac-humanoid': 60,
  'isaac-allegro-hand': 30,
  'isaac-franka-cabinet': 60,
} as const satisfies Partial<Record<IsaacTask, number>>;
