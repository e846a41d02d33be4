import { describe, expect, it } from 'vitest';
import { RedeliveryDelay, backoffProblems } from './redelivery-delay.js';
import { FIFO, STANDARD } from './worker.test-support.js';

const backoffPolicy = { celery: { 1: 10, 2: 20, 4: 80 } };

function delays(options: Partial<ConstructorParameters<typeof RedeliveryDelay>[0]> = {}) {
  return new RedeliveryDelay({ requeueDelay: (queue) => queue.length, random: () => 0, ...options });
}

describe('RedeliveryDelay', () => {
  it.each([
    [1, 10, 10],
    [2, 20, 20],
    // No entry: as if there were no policy.
    [3, 2, 6],
    [4, 80, 80],
    // The last of the policy goes on.
    [50, 80, 80],
  ])('at receive %i is %i s after a failure and %i s after a requeue', (receiveCount, redrive, requeue) => {
    const delay = delays({ backoffPolicy });
    expect(delay.ofRedrive({ queue: STANDARD, receiveCount }, 'a')).toBe(redrive);
    expect(delay.ofRequeue({ queue: STANDARD, receiveCount }, 'a')).toBe(requeue);
  });

  it.each([
    ['of another queue', { queue: FIFO, receiveCount: 1 }, 'a', {}],
    ['of a task that is not listed', { queue: STANDARD, receiveCount: 1 }, 'a.b', { backoffTasks: ['a', 'a.*'] }],
    ['of no task, where only some are listed', { queue: STANDARD, receiveCount: 1 }, 'a', { backoffTasks: [] }],
    ['whose task is not known', { queue: STANDARD, receiveCount: 1 }, undefined, {}],
    ['without a policy', { queue: STANDARD, receiveCount: 1 }, 'a', { backoffPolicy: {} }],
    ['with an empty one', { queue: STANDARD, receiveCount: 1 }, 'a', { backoffPolicy: { celery: {} } }],
    [
      'on a queue named as a member of Object',
      { queue: { ...STANDARD, name: 'constructor' }, receiveCount: 1 },
      'a',
      {},
    ],
  ])('is our own back-off for a message %s', (_what, received, task, options) => {
    const delay = delays({ backoffPolicy, ...options });
    expect(delay.ofRedrive(received, task)).toBe(1);
    expect(delay.ofRequeue(received, task)).toBe(received.queue.name.length);
  });

  it('may be 0', () => {
    const delay = delays({ backoffPolicy: { celery: { 1: 0 } }, backoffTasks: ['a'] });
    expect(delay.ofRedrive({ queue: STANDARD, receiveCount: 1 }, 'a')).toBe(0);
  });
});

describe('backoffProblems', () => {
  it.each([
    {},
    { backoffPolicy },
    { backoffPolicy: { 'orders.fifo': { 1: 0, 2: 43_200 } }, backoffTasks: ['svc.task'] },
    { backoffPolicy, backoffTasks: [] },
  ])('finds none in %j', (options) => {
    expect(backoffProblems(options)).toEqual([]);
  });

  it.each([
    [{ backoffPolicy: 10 }, 'backoffPolicy must be an object { queue: { receiveCount: seconds } }'],
    [{ backoffPolicy: [] }, 'backoffPolicy must be an object { queue: { receiveCount: seconds } }'],
    [{ backoffPolicy: { celery: [10] } }, 'backoffPolicy.celery must be an object { receiveCount: seconds }'],
    [
      { backoffPolicy: { celery: { 0: 10 } } },
      "backoffPolicy.celery must have receive counts, whole numbers from 1, as its keys, got '0'",
    ],
    [
      { backoffPolicy: { celery: { 1.5: 10 } } },
      "backoffPolicy.celery must have receive counts, whole numbers from 1, as its keys, got '1.5'",
    ],
    [
      { backoffPolicy: { celery: { 1: 43_201 } } },
      'backoffPolicy.celery.1 must be a whole number of seconds from 0 to 43200, got 43201',
    ],
    [
      { backoffPolicy: { celery: { 1: '10' } } },
      'backoffPolicy.celery.1 must be a whole number of seconds from 0 to 43200, got a string',
    ],
    [{ backoffPolicy, backoffTasks: 'svc.task' }, 'backoffTasks must be an array of task names'],
    [{ backoffPolicy, backoffTasks: [''] }, 'backoffTasks must be an array of task names'],
    [{ backoffTasks: ['a'] }, 'backoffTasks needs backoffPolicy: without one it says nothing'],
  ])('says what is wrong with %j', (options, problem) => {
    expect(backoffProblems(options)).toEqual([problem]);
  });
});
