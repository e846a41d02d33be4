import { describe, expect, it } from 'vitest';
import type { Clock } from '#celery/ports';
import { Deadline } from './deadline.js';

/** A clock whose timers go off when they are told to. */
function handClock(): Clock & { ring(): void; readonly timers: number } {
  const timers = new Set<() => void>();
  return {
    now: () => 0,
    monotonic: () => 0,
    setTimeout: (callback) => {
      timers.add(callback);
      return { cancel: () => timers.delete(callback) };
    },
    ring: () => timers.forEach((callback) => callback()),
    get timers() {
      return timers.size;
    },
  };
}

const late = () => new Error('late');
const never = () => new Promise<never>(() => {});

describe('a deadline', () => {
  it('gives what is done in time, and leaves no timer', async () => {
    const clock = handClock();
    const limit = new Deadline(clock, 5, late);
    await expect(limit.before(Promise.resolve(1))).resolves.toBe(1);
    await expect(limit.before(Promise.reject(new Error('of its own')))).rejects.toThrow('of its own');
    limit.cancel();
    expect(clock.timers).toBe(0);
    expect(limit.over).toBe(false);
  });

  it('fails what is not, whichever of several steps it is', async () => {
    const clock = handClock();
    const limit = new Deadline(clock, 5, late);
    await limit.before(Promise.resolve());
    const second = limit.before(never());
    clock.ring();
    await expect(second).rejects.toThrow('late');
    expect(limit.over).toBe(true);
    await expect(limit.before(never())).rejects.toThrow('late');
  });

  it('leaves no rejection of work behind that fails after it', async () => {
    const clock = handClock();
    const limit = new Deadline(clock, 5, late);
    let fail = (_error: Error): void => {};
    const waiting = limit.before(new Promise<never>((_resolve, reject) => (fail = reject)));
    clock.ring();
    fail(new Error('nobody listens'));
    await expect(waiting).rejects.toThrow('late');
  });
});
