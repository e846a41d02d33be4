import { expect, it } from 'vitest';

import type { Clock } from '#celery/ports';
import { VirtualClock } from '#sqs-local';

import { LoopWatch } from './loop-watch.js';

it('knows how late the loop is, and was', async () => {
  const clock = new VirtualClock();
  let blockedMs = 0;
  const late = { ...clockOf(clock), monotonic: () => clock.monotonic() + blockedMs };
  const watch = new LoopWatch(late, 1000);
  expect(watch.lagMs).toBe(0);
  watch.start();
  await clock.advance(3000);
  expect(watch.lagMs).toBe(0);
  blockedMs = 5000;
  expect(watch.lagMs).toBe(4000);
  await clock.advance(1000);
  expect(watch.lagMs).toBe(5000);
  await clock.advance(1000);
  expect(watch.lagMs).toBe(0);
  watch.stop();
  expect(watch.lagMs).toBe(0);
});

function clockOf(clock: VirtualClock): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    setTimeout: (callback, delayMs) => clock.setTimeout(callback, delayMs),
  };
}

it('knows a turn that surely lies before what is read now, even right after a block', async () => {
  const clock = new VirtualClock();
  const watch = new LoopWatch(clock, 1000);
  watch.start();
  await clock.advance(5000);
  expect(watch.turnBefore()).toBe(4000);
  await clock.advance(500);
  expect(watch.turnBefore()).toBe(4000);
  watch.stop();
  expect(clock.pendingTimers).toBe(0);
});
