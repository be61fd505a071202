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
