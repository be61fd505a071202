/** Settings of `train` where neither file nor flags give any. What the preset decides is not among them. */
export const TRAIN_DEFAULTS = {
  algo: 'meow',
  env: 'MultiGoal-v0',
  seed: 0,
  evaluationEpisodes: 10,
  deterministicOnly: false,
  keepCheckpoints: 3,
  spreadEpisodes: false,
  nStep: 1,
  parallel: 'auto',
  pipeline: false,
  engine: 'auto',
  prioritized: false,
  observationStorage: 'float32',
  noTensorboard: false,
  threads: 1,
  agent: {},
} as const;
