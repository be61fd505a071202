/**
 * Functions of the packages that begin their messages with their name, for whoever calls them. Whoever uses the command line
 * calls none of them: what they are to him, nothing where the message says enough.
 */
const SPOKEN: Readonly<Record<string, string>> = {
  bootstrapInterval: 'interval',
  createAgent: '',
  describeScene: 'scene',
  episodeStatistics: '',
  isaacVectorEnv: '',
  loadPolicy: '',
  makeEnv: '',
  metricsWriter: '',
  mujocoEnv: '',
  normalizedAgent: '',
  observationNormalizer: 'observation normalizer',
  onnxRuntimeFused: 'fused engine',
  onnxRuntimeNode: 'onnxruntime',
  performanceProfile: 'performance profile',
  probabilityOfImprovement: 'probability of improvement',
  replayPage: '',
  rescaleAction: '',
  rescaleVectorAction: '',
  rewardScaler: 'reward scaler',
  runningMoments: 'running statistics',
  runScore: 'score',
  studentQuantile: "Student's t",
  tensorBoardWriter: '',
  threadedUpdates: 'learner threads',
  tfjsNodeRuntime: '',
  tfjsRuntime: '',
  joinVectorEnvs: '',
  openRunCheckpoints: '',
  timeLimit: '',
  trainOffPolicy: '',
  trainOnPolicy: '',
  vectorEnv: '',
  workerVectorEnv: '',
};

const CALL = new RegExp(`(?<![\\w.])(${Object.keys(SPOKEN).join('|')})(?:\\(([^()]*)\\))?: `, 'g');

/**
 * A message without the names of functions: `trainOffPolicy: at step 7: ...` is `at step 7: ...`, `vectorEnv(Hopper-v5): ...`
 * is `Hopper-v5: ...`.
 */
export const spokenMessage = (message: string): string =>
  message.replaceAll(CALL, (_, name: string, of: string | undefined) => {
    const thing = of ?? SPOKEN[name] ?? '';
    return thing === '' ? '' : `${thing}: `;
  });
