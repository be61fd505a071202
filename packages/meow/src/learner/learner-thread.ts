// The entry of a learner's thread: does its part of each command.
import { serve } from '@meow-rl/threads';

import { meowModel } from '../model.ts';
import { loadEngine } from './engine.ts';
import { learnerMember } from './member.ts';
import type { LearnerProtocol } from './protocol.ts';

await serve<LearnerProtocol>(async ({ data, index, count, meet }) => {
  const { engine, sizes, config, seed, memory } = data;
  const { offsets, update, read, write, dispose } = await learnerMember({
    model: meowModel(sizes, config),
    seed,
    runtime: await loadEngine(engine),
    index,
    threads: count,
    memory,
    meet,
  });
  return { ready: { offsets }, commands: { update, read, write }, end: dispose };
});
