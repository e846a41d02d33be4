import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Semaphore } from './semaphore.js';

const never = new AbortController().signal;

it('gives permits in the order of coming', async () => {
  const semaphore = new Semaphore(1);
  const order: number[] = [];
  expect(semaphore.tryAcquire()).toBe(true);
  const waiting = [1, 2, 3].map((n) => semaphore.acquire(never).then(() => order.push(n)));
  expect(semaphore.waiting).toBe(3);
  for (const one of waiting) {
    semaphore.release();
    await one;
  }
  expect(order).toEqual([1, 2, 3]);
});

it('lets nobody overtake those who wait', async () => {
  const semaphore = new Semaphore(1);
  semaphore.tryAcquire();
  const first = semaphore.acquire(never);
  semaphore.release();
  expect(semaphore.tryAcquire()).toBe(false);
  expect(await first).toBe(true);
});

it('forgets who does not wait any more', async () => {
  const semaphore = new Semaphore(1);
  semaphore.tryAcquire();
  const gone = new AbortController();
  const left = semaphore.acquire(gone.signal);
  const stayed = semaphore.acquire(never);
  gone.abort();
  expect(await left).toBe(false);
  semaphore.release();
  expect(await stayed).toBe(true);
  expect(await semaphore.acquire(gone.signal)).toBe(false);
});

it('never has more permits out than it has, and loses none', async () => {
  const step = fc.oneof(fc.constant('acquire'), fc.constant('release'), fc.constant('abort'));
  const steps = fc.array(step, { maxLength: 60 });
  const property = fc.asyncProperty(fc.integer({ min: 1, max: 4 }), steps, async (permits, taken) => {
    const semaphore = new Semaphore(permits);
    const waiting: AbortController[] = [];
    let held = 0;
    for (const action of taken) {
      if (action === 'acquire') {
        const controller = new AbortController();
        waiting.push(controller);
        void semaphore.acquire(controller.signal).then((granted) => {
          waiting.splice(waiting.indexOf(controller), 1);
          if (granted) held += 1;
        });
      } else if (action === 'release' && held > 0) {
        held -= 1;
        semaphore.release();
      } else if (action === 'abort') waiting[0]?.abort();
      await Promise.resolve();
      await Promise.resolve();
      expect(held).toBeLessThanOrEqual(permits);
    }
    while (held > 0) {
      held -= 1;
      semaphore.release();
      await Promise.resolve();
      await Promise.resolve();
    }
    for (let permit = 0; permit < permits; permit += 1) expect(semaphore.tryAcquire()).toBe(true);
    expect(semaphore.tryAcquire()).toBe(false);
  });
  await fc.assert(property);
});
