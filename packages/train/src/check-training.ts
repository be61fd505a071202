import type { ReplayBuffer } from '@meow-rl/replay';

import { checkFit, spacesOf } from './check-fit.ts';
import type { LearningAgent, UpdateMetrics } from './contracts/learning-agent.ts';
import type { OffPolicyAgent } from './contracts/off-policy-agent.ts';
import type { TrainOffPolicyOptions } from './off-policy-options.ts';
import type { TrainOnPolicyOptions } from './on-policy-options.ts';
import { updatesDue } from './updates-due.ts';

// A diverged update has already changed the weights: going on would only hide where it happened.
export function checkMetrics(
  metrics: UpdateMetrics,
  update: number,
  step: number,
  where = 'trainOffPolicy',
): void {
  for (const [name, value] of Object.entries(metrics)) {
    if (Number.isFinite(value)) continue;
    throw new Error(
      `${where}: update ${update} at step ${step} reported ${name} = ${value}, expected a finite number. ` +
        'If training has diverged, lower the learning rate, the gradient clip or the scale of the rewards; ' +
        'leave out a metric that there is none of.',
    );
  }
}

type CheckedOptions = TrainOffPolicyOptions &
  Required<Pick<TrainOffPolicyOptions, 'warmup' | 'updatesPerStep' | 'batchSize' | 'logEvery'>>;

export function checkOptions(options: CheckedOptions): void {
  const { agent, env, replay, evaluate: schedule } = options;
  // Untyped code may give an agent, or a buffer, of the other kind of loop.
  if ('explore' in agent)
    throw new RangeError(
      `trainOffPolicy: the ${agent.algorithm} agent learns from rollouts, expected one that learns from a replay buffer. ` +
        'Train it with trainOnPolicy.',
    );
  if (typeof replay?.sample !== 'function')
    throw new RangeError(
      'trainOffPolicy: replay is no replay buffer. Make one with replayBuffer of @meow-rl/replay; rollout buffers are for trainOnPolicy.',
    );
  checkFit('trainOffPolicy', agent, spacesOf(env));
  checkEvaluation('trainOffPolicy', agent, schedule);
  checkBuffer(agent, replay);
  if (agent.batchSize !== undefined && options.batchSize !== agent.batchSize)
    throw new RangeError(
      `trainOffPolicy: batchSize is ${String(options.batchSize)}, expected the ${agent.batchSize} transitions that the ${agent.algorithm} agent updates on. ` +
        'Leave batchSize out, or make the agent with this one.',
    );
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
  checkCounts('trainOffPolicy', {
    steps: options.steps,
    batchSize: options.batchSize,
    logEvery: options.logEvery,
    'evaluate.every': schedule?.every ?? 1,
    'checkpoint.every': options.checkpoint?.every ?? 1,
  });
  const { warmup, updatesPerStep } = options;
  for (const [name, value] of Object.entries({ warmup, updatesPerStep })) {
    if (!(Number.isFinite(value) && value >= 0)) {
      throw new RangeError(`trainOffPolicy: ${name} is ${String(value)}, expected a number of at least 0.`);
    }
  }
  // The last vector step may go beyond them.
  const reached = Math.ceil(options.steps / env.numEnvs) * env.numEnvs;
  // With none asked for, steps are collected on purpose.
  if (updatesPerStep > 0 && updatesDue(reached, { warmup, updatesPerStep }) === 0)
    throw new RangeError(
      `trainOffPolicy: warmup ${warmup} and updatesPerStep ${updatesPerStep} make no update in ${options.steps} steps: nothing would be learned. ` +
        'Train for more steps, shorten the warm-up, or set updatesPerStep to 0 to collect transitions only.',
    );
}

/** Throws unless evaluations can be played, which would be seen no sooner than at the first of them. */
function checkEvaluation(
  where: string,
  agent: LearningAgent,
  schedule: TrainOffPolicyOptions['evaluate'],
): void {
  if (!schedule) return;
  checkFit(`${where}: evaluate`, agent, spacesOf(schedule.env));
  if (agent.withoutMode === undefined) return;
  throw new RangeError(
    `${where}: evaluate plays deterministic actions, and the ${agent.algorithm} agent has none. ${agent.withoutMode}`,
  );
}

function checkCounts(where: string, counts: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(counts)) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new RangeError(`${where}: ${name} is ${String(value)}, expected a positive integer.`);
  }
}

/** As {@link checkOptions}, of `trainOnPolicy`. */
export function checkOnPolicyOptions(options: TrainOnPolicyOptions & { readonly logEvery: number }): void {
  const { agent, env, rollout, evaluate: schedule } = options;
  const { id, numEnvs, singleObservationSpace: observationSpace, singleActionSpace: actionSpace } = env;
  // Untyped code may give an agent, or a buffer, of the other kind of loop.
  if (typeof agent.explore !== 'function')
    throw new RangeError(
      `trainOnPolicy: the ${agent.algorithm} agent learns from a replay buffer, expected one that learns from rollouts. ` +
        'Train it with trainOffPolicy.',
    );
  if (typeof rollout?.follow !== 'function')
    throw new RangeError(
      'trainOnPolicy: rollout is no rollout buffer. Make one with rolloutBuffer of @meow-rl/replay; replay buffers are for trainOffPolicy.',
    );
  checkFit('trainOnPolicy', agent, { id, observationSpace, actionSpace });
  checkEvaluation('trainOnPolicy', agent, schedule);
  const { observationSize, actionSize } = agent;
  for (const [name, expected] of Object.entries({ observationSize, actionSize, numEnvs })) {
    const given = rollout[name as 'observationSize' | 'actionSize' | 'numEnvs'];
    if (given === expected) continue;
    throw new RangeError(
      `trainOnPolicy: the rollout buffer has ${name} = ${given}, expected ${expected} as in ${name === 'numEnvs' ? id : 'the agent'}. ` +
        'Make the buffer for this environment.',
    );
  }
  const transitions = rollout.steps * numEnvs;
  if (transitions % agent.minibatchSize !== 0)
    throw new RangeError(
      `trainOnPolicy: the rollout buffer holds ${rollout.steps} steps of ${numEnvs} environments, ${transitions} transitions, ` +
        `expected a multiple of the ${agent.minibatchSize} that the ${agent.algorithm} agent takes a gradient step with. ` +
        'Make the buffer longer or shorter, or change the batchSize of the agent.',
    );
  checkCounts('trainOnPolicy', {
    steps: options.steps,
    logEvery: options.logEvery,
    'evaluate.every': schedule?.every ?? 1,
    'checkpoint.every': options.checkpoint?.every ?? 1,
  });
  if (options.steps < transitions)
    throw new RangeError(
      `trainOnPolicy: steps is ${options.steps}, expected at least the ${transitions} of a rollout: nothing would be learned. ` +
        'Train for more steps, or make the rollout buffer shorter.',
    );
}

/** Throws unless the buffer is for the agent's observations, for what replay is to keep of its actions, and for its discount. */
function checkBuffer(
  { algorithm, observationSize, actionSize, gamma, replayed }: OffPolicyAgent,
  buffer: Pick<ReplayBuffer, 'observationSize' | 'actionSize' | 'discount'>,
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
  if (gamma !== undefined && buffer.discount !== gamma) {
    throw new RangeError(
      `trainOffPolicy: the replay buffer has discount = ${buffer.discount}, expected ${gamma}, the gamma that the ${algorithm} agent learns with. ` +
        'Make the buffer with discount: agent.gamma, or the agent with another gamma.',
    );
  }
}
