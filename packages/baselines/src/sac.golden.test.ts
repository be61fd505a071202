import { qValues } from './critics.ts';
import { sac, softQTarget } from './sac.ts';
import { describeGolden } from './testing/describe-golden.ts';

interface SacCaseConfig {
  readonly hidden: number[];
  readonly gamma: number;
  readonly tau: number;
  readonly policyLearningRate: number;
  readonly qLearningRate: number;
  readonly alphaLearningRate: number;
  readonly initialLogAlpha: number;
  readonly targetEntropy: number;
  readonly logStdMin: number;
  readonly logStdMax: number;
}

describeGolden({
  definition: sac,
  file: 'sac-update.json',
  configOf: (config: SacCaseConfig, actionSize) => ({
    hidden: config.hidden,
    gamma: config.gamma,
    tau: config.tau,
    policyLearningRate: config.policyLearningRate,
    qLearningRate: config.qLearningRate,
    temperatureLearningRate: config.alphaLearningRate,
    initialTemperature: Math.exp(config.initialLogAlpha),
    targetEntropyPerAction: config.targetEntropy / actionSize,
    logStdMin: config.logStdMin,
    logStdMax: config.logStdMax,
  }),
  shown: [
    (inputs) => {
      const { observation, action } = inputs.batch;
      const { y, next } = softQTarget(inputs);
      const values = qValues(inputs.networks.critics, observation, action);
      return { ...values, y, nextAction: next.action, nextLogProb: next.logProb };
    },
    ({ networks, batch, noise }) => {
      const { action, logProb } = networks.actor.sample(batch.observation, noise('action'));
      return { action, logProb };
    },
  ],
  noiseOf: ({ noiseNext, noise }: Readonly<Record<'noiseNext' | 'noise', number[][]>>) => ({
    nextAction: noiseNext.flat(),
    action: noise.flat(),
  }),
  numbersOf: (outputs, { state }) => ({
    ...outputs,
    alpha: Array.from(state.read('temperature/parameters'), Math.exp),
  }),
  // The temperature that the losses of an update are made with is the one before it.
  expectedOf: ({ steps, config }) =>
    steps.map((step, i) => ({
      ...step,
      temperature: steps[i - 1]?.['alpha'] ?? Math.exp(config.initialLogAlpha),
    })),
});
