import type { TransitionSizes } from '@meow-rl/replay';

import { checkFit, spacesOf } from './check-fit.ts';
import type { UpdateMetrics } from './contracts/learning-agent.ts';
import type { OffPolicyAgent } from './contracts/off-policy-agent.ts';
import type { TrainOffPolicyOptions } from './off-policy-options.ts';

// A diverged update has already changed the weights: going on would only hide where it happened.
export function checkMetrics(metrics: UpdateMetrics, update: number, step: number): void {
  for (const [name, value] of Object.entries(metrics)) {
    if (Number.isFinite(value)) continue;
    throw new Error(
      `trainOffPolicy: update ${update} at step ${step} reported ${name} = ${value}, expected a finite number. ` +
        'If training has diverged, lower the learning rate, the gradient clip or the scale of the rewards; ' +
        'leave out a metric that there is none of.',
    );
  }
}

type CheckedOptions = TrainOffPolicyOptions &
  Required<Pick<TrainOffPolicyOptions, 'warmup' | 'updatesPerStep' | 'batchSize' | 'logEvery'>>;

export function checkOptions(options: CheckedOptions): void {
  const { agent, env, replay, evaluate: schedule } = options;
  checkFit('trainOffPolicy', agent, spacesOf(env));
  if (schedule) checkFit('trainOffPolicy: evaluate', agent, spacesOf(schedule.env));
  checkBuffer(agent, replay);
  if (options.pipeline && !agent.actsDuringUpdate) {
    throw new RangeError(
      `trainOffPolicy: pipeline is set, but the ${agent.algorithm} agent can't act while it updates. ` +
        'Have its updates made in threads of their own, or leave pipeline out.',
    );
  }
  if (replay.extras.includes('indices') && !agent.tdErrors) {
    throw new RangeError(
      `trainOffPolicy: the replay buffer draws by priority, but the ${agent.algorithm} agent doesn't tell its TD errors. ` +
        'Give the agent tdErrors(), or make the buffer without prioritized.',
    );
  }
  const counts = { steps: options.steps, batchSize: options.batchSize, logEvery: options.logEvery };
  for (const [name, value] of Object.entries({
    ...counts,
    'evaluate.every': schedule?.every ?? 1,
    'checkpoint.every': options.checkpoint?.every ?? 1,
  })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`trainOffPolicy: ${name} is ${String(value)}, expected a positive integer.`);
    }
  }
  const { warmup, updatesPerStep } = options;
  for (const [name, value] of Object.entries({ warmup, updatesPerStep })) {
    if (!(Number.isFinite(value) && value >= 0)) {
      throw new RangeError(`trainOffPolicy: ${name} is ${String(value)}, expected a number of at least 0.`);
    }
  }
}

/** Throws unless the buffer is for the agent's observations, and for what replay is to keep of its actions. */
function checkBuffer(
  { algorithm, observationSize, actionSize, replayed }: OffPolicyAgent,
  buffer: TransitionSizes,
): void {
  if (buffer.observationSize !== observationSize) {
    throw new RangeError(
      `trainOffPolicy: the replay buffer has observationSize = ${buffer.observationSize}, expected ${observationSize} as in the agent. ` +
        'Make the buffer for this environment.',
    );
  }
  if (replayed && buffer.actionSize !== replayed.size) {
    throw new RangeError(
      `trainOffPolicy: the replay buffer has actionSize = ${buffer.actionSize}, expected ${replayed.size}: ` +
        `of an action the ${algorithm} agent keeps as many entries, not the ${actionSize} of the action itself. ` +
        'Make the buffer with actionSize: agent.replayed.size.',
    );
  }
  if (!replayed && buffer.actionSize !== actionSize) {
    throw new RangeError(
      `trainOffPolicy: the replay buffer has actionSize = ${buffer.actionSize}, expected ${actionSize} as in the agent. ` +
        'Make the buffer for this environment.',
    );
  }
}
