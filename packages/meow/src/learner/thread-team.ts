import { siblingModule, startThreads } from '@meow-rl/threads';
import type { Threads } from '@meow-rl/threads';

import type { LearnerProtocol, ThreadSetup } from './protocol.ts';

/** The threads of a learner, which do one command at a time together. */
export type ThreadTeam = Threads<LearnerProtocol>;

export interface TeamOptions extends ThreadSetup {
  /** Threads, with the calling one if that takes part. */
  readonly threads: number;
  readonly callerTakesPart: boolean;
  /** How long each stays awake after a command, waiting for the next one. */
  readonly awakeMilliseconds: number;
}

/**
 * Starts the threads of a learner and waits until all are ready.
 *
 * @throws Error naming the thread that could not be started
 */
export const startTeam = ({
  threads,
  callerTakesPart,
  awakeMilliseconds,
  ...setup
}: TeamOptions): Promise<ThreadTeam> =>
  startThreads<LearnerProtocol>({
    name: 'meow',
    threadName: 'learner thread',
    entry: siblingModule('learner-thread', import.meta.url),
    count: threads,
    callerTakesPart,
    awakeMilliseconds,
    dataOf: () => setup,
    lossError: ({ problem, cause }) =>
      new Error(
        `meow: ${problem}. Its agent can't update any more. Make a new agent and restore its last saved state.`,
        { cause },
      ),
  });
