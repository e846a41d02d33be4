import { expect, it } from 'vitest';
import { LetterMemory } from './dead-letter-results-memory.js';

it('knows what became of a letter last', () => {
  const memory = new LetterMemory();
  memory.failed('a');
  expect([memory.hasFailed('a'), memory.isDone('a')]).toEqual([true, false]);
  memory.done('a');
  expect([memory.hasFailed('a'), memory.isDone('a')]).toEqual([false, true]);
  expect([memory.hasFailed('b'), memory.isDone('b')]).toEqual([false, false]);
});

it('forgets the letters it has not heard of for longest', () => {
  const memory = new LetterMemory(2);
  memory.done('a');
  memory.done('b');
  memory.done('a');
  memory.failed('c');
  expect(['a', 'b'].map((id) => memory.isDone(id))).toEqual([true, false]);
  expect(memory.hasFailed('c')).toBe(true);
});
