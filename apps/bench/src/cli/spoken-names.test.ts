import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { glob } from 'tinyglobby';
import { expect, it } from 'vitest';

import { CliError, describeError } from './errors.ts';
import { spokenMessage } from './spoken-names.ts';

it.each([
  ['trainOffPolicy: at step 7: meow: the loss is NaN.', 'at step 7: meow: the loss is NaN.'],
  ['vectorEnv(Hopper-v5): step() got 2 actions.', 'Hopper-v5: step() got 2 actions.'],
  ['a checkpoint is wrong (rewardScaler: gamma is 2)', 'a checkpoint is wrong (reward scaler: gamma is 2)'],
  ['trainOffPolicy: evaluate: action entry 0', 'evaluate: action entry 0'],
  ['learningRate: 3', 'learningRate: 3'],
])('%s', (message, expected) => {
  expect(spokenMessage(message)).toBe(expected);
});

it('is how the command line says every error', () => {
  expect(describeError(new Error('makeEnv: environment "x" is unknown.'))).toBe(
    'environment "x" is unknown.',
  );
  expect(describeError(new CliError('workerVectorEnv(X-v0): thread 1 ended', 'Look there.'))).toBe(
    'X-v0: thread 1 ended. Look there.',
  );
});

it('knows every function that begins a message in what training, evaluating and exporting are made of', async () => {
  const root = fileURLToPath(new URL('../../../../packages', import.meta.url));
  const files = await glob(
    '{train,envs,envs-mujoco,export,learner,baselines,meow,replay,threads,onnxruntime-fused}/src/**/*.ts',
    {
      cwd: root,
      absolute: true,
      ignore: ['**/*.test.ts', '**/testing/**'],
    },
  );
  expect(files.length).toBeGreaterThan(150);
  const begun = new Set<string>();
  for (const file of files) {
    const source = await readFile(file, 'utf8');
    for (const [, name = ''] of source.matchAll(/[`'"]([a-z]+[A-Z]\w*)(?:\(\$\{[^}]*\}\))?: /g))
      begun.add(name);
  }
  expect(begun.has('trainOffPolicy')).toBe(true);
  const unknown = [...begun].filter((name) => spokenMessage(`${name}: x`) === `${name}: x`);
  expect(unknown, 'give them a name for people in spoken-names.ts').toEqual([]);
});
