/** How CleanRL runs all baselines, with its settings of agents. */
export const baseline = { agent: {}, numEnvs: 1, evaluateEvery: 10_000, policy: 'last' } as const;

/** How the authors' code, CleanRL and RL Zoo run the off-policy baselines. */
export const offPolicy = { ...baseline, updatesPerStep: 1, bufferSize: 1_000_000 } as const;

const mujoco = { ...offPolicy, steps: 1_000_000, warmup: 10_000 } as const;

/** RL Zoo's warm-up on the MuJoCo tasks; more steps for Humanoid, a longer horizon for Swimmer. */
export const mujocoPresets = {
  mujoco,
  humanoid: { ...mujoco, steps: 2_000_000 },
  swimmer: { ...mujoco, agent: { gamma: 0.9999 } },
} as const;

/** RL Zoo's settings for Pendulum-v1 of what has a deterministic policy. */
export const deterministicPendulum = {
  ...offPolicy,
  agent: { gamma: 0.98, policyLearningRate: 1e-3, qLearningRate: 1e-3, hidden: [400, 300] },
  steps: 20_000,
  warmup: 10_000,
  bufferSize: 200_000,
  evaluateEvery: 2000,
} as const;

/** Presets that the off-policy baselines have by the same names, by the tasks that they are for. */
export const presetOfTask = {
  'HalfCheetah-v5': 'mujoco',
  'HalfCheetah-v4': 'mujoco',
  'Hopper-v5': 'mujoco',
  'Hopper-v4': 'mujoco',
  'Walker2d-v5': 'mujoco',
  'Walker2d-v4': 'mujoco',
  'Ant-v5': 'mujoco',
  'Ant-v4': 'mujoco',
  'Humanoid-v5': 'humanoid',
  'Humanoid-v4': 'humanoid',
  'Swimmer-v5': 'swimmer',
  'Pendulum-v1': 'pendulum',
} as const;
