import { expect, it } from 'vitest';
import { editDistance, nearest, sharingWords, similar } from './suggest.ts';

it('editDistance counts edits', () => {
  expect([editDistance('', 'abc'), editDistance('kitten', 'sitting'), editDistance('a', 'a')]).toEqual([
    3, 3, 0,
  ]);
});

it('nearest finds what was meant and nothing else', () => {
  const names = ['seed', 'agent.learningRate', 'agent.hidden'];
  expect(nearest('sead', names)).toBe('seed');
  expect(nearest('learning-rate', names)).toBe('agent.learningRate');
  expect(nearest('hiden', names)).toBe('agent.hidden');
  expect(nearest('steps', names)).toBeUndefined();
});

it('similar gives all that share words with a name, and one for a slip', () => {
  const names = ['logEvery', 'agent.qLearningRate', 'agent.policyLearningRate', 'numEnvs', 'env'];
  const rates = ['agent.qLearningRate', 'agent.policyLearningRate'];
  expect(similar('agent.actorLearningRate', names)).toEqual(rates);
  expect(similar('agent.learningrate', names)).toEqual(rates);
  expect(similar('num_envs', names)).toEqual(['numEnvs']);
  expect(similar('logEvry', names)).toEqual(['logEvery']);
  expect(similar('xylophone', names)).toEqual([]);
  expect(sharingWords('learningRate', ['hidden', 'policyLearningRate', 'qLearningRate'])).toEqual([
    'policyLearningRate',
    'qLearningRate',
  ]);
});
