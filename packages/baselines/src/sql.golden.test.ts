import { stopGradient } from '@meow-rl/graph';

import { qValues } from './critics.ts';
import { particles, score, softQLearningTarget, sql, steinDirections } from './sql.ts';
import { describeGolden } from './testing/describe-golden.ts';

interface SqlCaseConfig {
  readonly hidden: number[];
  readonly gamma: number;
  readonly tau: number;
  readonly learningRate: number;
  readonly alpha: number;
  readonly valueParticles: number;
  readonly fixedParticles: number;
  readonly updatedParticles: number;
}

/** From k blocks of rows to the file's order: state by state, all particles of it. */
const byState = (blocks: ArrayLike<number> = [], states = 1, size = 1): number[] =>
  Array.from(blocks, (_, i) => {
    const [entry, row] = [i % size, Math.floor(i / size)];
    const count = blocks.length / size / states;
    const [particle, state] = [row % count, Math.floor(row / count)];
    return blocks[(particle * states + state) * size + entry] ?? Number.NaN;
  });

const meanOf = (values: unknown): number => {
  const numbers = [values].flat().map(Number);
  return numbers.reduce((total, x) => total + x, 0) / numbers.length;
};

describeGolden({
  definition: sql,
  file: 'sql-update.json',
  configOf: (config: SqlCaseConfig) => ({
    hidden: config.hidden,
    gamma: config.gamma,
    tau: config.tau,
    learningRate: config.learningRate,
    alpha: config.alpha,
    valueParticles: config.valueParticles,
    fixedParticles: config.fixedParticles,
    updatedParticles: config.updatedParticles,
  }),
  shown: [
    (inputs, config) => ({
      ...qValues(inputs.networks.critics, inputs.batch.observation, inputs.batch.action),
      ...softQLearningTarget(inputs, config),
    }),
    ({ networks: { critics, sampler }, batch: { observation }, noise }, config) => {
      const { fixed, updated } = particles(sampler, observation, noise('particles'), config);
      const scores = score(critics, observation, fixed, config.alpha);
      const { directions, bandwidth } = steinDirections({ fixed, scores, updated }, config);
      return { fixed, updated: stopGradient(updated), directions, bandwidthOfStates: bandwidth };
    },
  ],
  noiseOf: ({ particles: uniform, noise }: Readonly<Record<'particles' | 'noise', number[][][]>>) => ({
    valueParticles: uniform.flat(2),
    particles: noise.flat(2),
  }),
  numbersOf: ({ fixed = [], updated = [], directions, ...outputs }, { actionSize }) => {
    const states = outputs['q1']?.length;
    return {
      ...outputs,
      actions: byState([...Array.from(fixed), ...Array.from(updated)], states, actionSize),
      direction: byState(directions, states, actionSize),
    };
  },
  expectedOf: ({ steps }) =>
    steps.map(({ bandwidth = [], ...step }) => ({
      ...step,
      bandwidthOfStates: bandwidth,
      bandwidth: meanOf(bandwidth),
      meanTarget: meanOf(step['y']),
    })),
});
