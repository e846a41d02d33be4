import { expect, it } from 'vitest';

import { VirtualClock } from '#sqs-local';

import { LoopWatch } from './loop-watch.js';

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
