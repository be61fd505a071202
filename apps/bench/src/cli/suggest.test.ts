import { expect, it } from 'vitest';
import { editDistance, nearest } from './suggest.ts';

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
