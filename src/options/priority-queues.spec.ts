import { describe, expect, it } from 'vitest';
import { priorityProblems, queueOfPriority } from './priority-queues.js';

const options = { priorityQueues: { celery: { 0: 'celery-low', 6: 'celery-high' } } };

describe('queueOfPriority', () => {
  it.each([
    [0, 'celery-low'],
    [5, 'celery-low'],
    [6, 'celery-high'],
    [9, 'celery-high'],
    [undefined, 'celery'],
  ])('of priority %s is %s', (priority, queue) => {
    expect(queueOfPriority('celery', priority, options)).toBe(queue);
  });

  it('is the queue itself below the first step, and where nothing is said of it', () => {
    expect(queueOfPriority('celery', 2, { priorityQueues: { celery: { 6: 'celery-high' } } })).toBe('celery');
    expect(queueOfPriority('reports', 9, options)).toBe('reports');
    expect(queueOfPriority('celery', 9, {})).toBe('celery');
  });
});

describe('priorityProblems', () => {
  const names = ['celery', 'celery-low', 'celery-high'];

  it('has nothing to say of listed queues', () => {
    expect(priorityProblems(options.priorityQueues, names)).toEqual([]);
  });

  it.each([
    ['an unlisted queue', { reports: { 0: 'celery-low' } }, 'reports'],
    ['an unlisted target', { celery: { 0: 'bulk' } }, 'bulk'],
    ['a target that is no name', { celery: { 0: 5 } }, 'name of a queue'],
    ['a priority that is none', { celery: { 10: 'celery-low' } }, '0 to 9'],
  ])('names %s', (_what, given, word) => {
    expect(priorityProblems(given, names)).toEqual([expect.stringContaining(word)]);
  });
});
