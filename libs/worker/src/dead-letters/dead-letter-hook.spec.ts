import { systemClock, type Clock } from '#celery';
import { describe, expect, it } from 'vitest';
import { DeadLetterNotices, type DeadLetter, type DeadLetterHook } from './dead-letter-hook.js';
import { DEAD_LETTERS, RecordedDelivery, STANDARD, withRedrive } from '../worker.test-support.js';

/** A clock whose timers ring by hand. */
function manualClock() {
  const timers = new Set<{ delayMs: number; callback: () => void }>();
  const clock: Clock = {
    ...systemClock,
    setTimeout: (callback, delayMs) => {
      const timer = { delayMs, callback };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
  };
  return { clock, timers };
}

function start(hook: DeadLetterHook) {
  const errors: unknown[] = [];
  const { clock, timers } = manualClock();
  const notices = new DeadLetterNotices({ hook, clock, onError: (error) => void errors.push(error) });
  return { notices, errors, timers };
}

const delivery = new RecordedDelivery({
  queue: withRedrive(STANDARD, 3),
  body: 'hunter2',
  receiveCount: 3,
  messageGroupId: 'g',
});
const why = { reason: 'NotRegistered', detail: "unregistered task of type 'x'", task: 'x', id: 'an-id' };

describe('DeadLetterNotices', () => {
  it('tells what was moved where and why, without the payload', async () => {
    const letters: DeadLetter[] = [];
    const { notices, errors, timers } = start((letter) => void letters.push(letter));
    await notices.tell(delivery, why, 'deadLettered');
    expect(letters).toEqual([
      {
        ...why,
        queue: 'celery',
        action: 'deadLettered',
        deadLetterTargetArn: DEAD_LETTERS,
        messageId: 'message-1',
        messageGroupId: 'g',
        receiveCount: 3,
      },
    ]);
    expect(JSON.stringify(letters)).not.toContain('hunter2');
    expect(errors).toEqual([]);
    expect(timers.size).toBe(0);
  });

  it('leaves out what is not known', async () => {
    const letters: DeadLetter[] = [];
    const { notices } = start((letter) => void letters.push(letter));
    await notices.tell(new RecordedDelivery(), { reason: 'UnknownMessage', detail: 'text' }, 'deleted');
    expect(letters).toEqual([
      {
        reason: 'UnknownMessage',
        detail: 'text',
        queue: 'celery',
        action: 'deleted',
        messageId: 'message-1',
        receiveCount: 1,
      },
    ]);
  });

  it('waits for a hook', async () => {
    const steps: string[] = [];
    const { notices } = start(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      steps.push('hook');
    });
    await notices.tell(delivery, why, 'deadLettered');
    steps.push('moved');
    expect(steps).toEqual(['hook', 'moved']);
  });

  it.each([
    ['throws', () => fail()],
    ['rejects', () => Promise.reject(new Error('no pager'))],
  ] satisfies [string, DeadLetterHook][])('reports a hook that %s', async (_how, hook) => {
    const { notices, errors, timers } = start(hook);
    await notices.tell(delivery, why, 'deadLettered');
    expect(errors).toEqual([new Error('no pager')]);
    expect(timers.size).toBe(0);
  });

  it('does not wait for ever', async () => {
    const { notices, errors, timers } = start(() => new Promise(() => undefined));
    const moved = notices.tell(delivery, why, 'deadLettered');
    expect([...timers].map(({ delayMs }) => delayMs)).toEqual([30_000]);
    for (const { callback } of timers) callback();
    await moved;
    expect(errors).toMatchObject([{ message: expect.stringMatching(/not ended within 30 s for message message-1/) }]);
  });
});

function fail(): never {
  throw new Error('no pager');
}
