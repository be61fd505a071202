/** The presets of the MuJoCo tasks that the MEow paper compares algorithms on. */
export const presetOfPaperTask = {
  'HalfCheetah-v5': 'half-cheetah',
  'HalfCheetah-v4': 'half-cheetah',
  'Hopper-v5': 'hopper',
  'Hopper-v4': 'hopper',
  'Walker2d-v5': 'walker2d',
  'Walker2d-v4': 'walker2d',
  'Ant-v5': 'ant',
  'Ant-v4': 'ant',
  'Humanoid-v5': 'humanoid',
  'Humanoid-v4': 'humanoid',
} as const;
