import { joinVectorEnvs } from './joined-vector-env.ts';
import { vectorEnv } from './local-vector-env.ts';
import { makeEnv } from './make-env.ts';
import { describeVectorEnv } from './testing/describe-vector-env.ts';
import { workerVectorEnv } from './workers/worker-vector-env.ts';

const modes = ['next-step', 'same-step', 'disabled', 'reset-then-step'] as const;

describeVectorEnv('vectorEnv', {
  modes,
  make: (autoresetMode) => vectorEnv(() => makeEnv('MultiGoal-v0'), { numEnvs: 3, autoresetMode }),
});

describeVectorEnv('workerVectorEnv', {
  modes,
  make: (autoresetMode) =>
    workerVectorEnv({
      module: new URL('./testing/worker-registry.ts', import.meta.url),
      id: 'MultiGoal-v0',
      numEnvs: 3,
      workers: 2,
      autoresetMode,
    }),
});

describeVectorEnv('joinVectorEnvs', {
  modes,
  make: async (autoresetMode) =>
    joinVectorEnvs([
      vectorEnv(() => makeEnv('MultiGoal-v0'), { numEnvs: 2, autoresetMode }),
      await workerVectorEnv({
        module: new URL('./testing/worker-registry.ts', import.meta.url),
        id: 'MultiGoal-v0',
        numEnvs: 1,
        workers: 1,
        autoresetMode,
      }),
    ]),
});
