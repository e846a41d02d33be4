import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { planPoll, type PollState } from './poll-plan.js';

const state = (change: Partial<PollState>): PollState => ({
  concurrency: 10,
  prefetch: 0,
  occupied: 0,
  asked: 0,
  polls: 0,
  mayAsk: Infinity,
  lastAnswerFull: false,
  ...change,
});

describe('planPoll', () => {
  it.each([
    ['asks for every free slot', {}, 10],
    ['asks for at most ten', { concurrency: 100 }, 10],
    ['asks for one when one slot is free', { occupied: 9 }, 1],
    ['does not ask when every slot is taken', { occupied: 10 }, 0],
    ['keeps one poll out while the queue is not full', { concurrency: 100, polls: 1, asked: 10 }, 0],
    ['adds polls for ten slots under backlog', { concurrency: 100, polls: 1, asked: 10, lastAnswerFull: true }, 10],
    ['adds none for fewer than ten', { concurrency: 15, polls: 1, asked: 10, lastAnswerFull: true }, 0],
    ['does not count a slot twice that a poll has asked for', { polls: 1, asked: 10, lastAnswerFull: true }, 0],
    ['fills the buffer ten at a time', { prefetch: 10, occupied: 10 }, 10],
    ['leaves the buffer alone while it feeds the slots', { prefetch: 10, occupied: 11 }, 0],
    ['asks for its part of shared slots', { mayAsk: 4 }, 4],
    ['does not count a shared slot twice that a poll has asked for', { mayAsk: 4, asked: 4, polls: 1 }, 0],
    ['does not ask while as many wait for shared slots as may', { mayAsk: 0 }, 0],
    [
      'adds no poll that shared slots do not fill',
      { concurrency: 100, polls: 1, asked: 10, mayAsk: 15, lastAnswerFull: true },
      0,
    ],
    ['asks for slot and buffer together when a slot is empty', { prefetch: 5, occupied: 9 }, 6],
  ])('%s', (_, change, asked) => {
    expect(planPoll(state(change))).toBe(asked);
  });

  it('never asks for more than there is room for', () => {
    const any = fc.record({
      concurrency: fc.integer({ min: 1, max: 300 }),
      prefetch: fc.integer({ min: 0, max: 50 }),
      occupied: fc.integer({ min: 0, max: 350 }),
      asked: fc.integer({ min: 0, max: 350 }),
      polls: fc.integer({ min: 0, max: 35 }),
      mayAsk: fc.oneof(fc.constant(Infinity), fc.integer({ min: 0, max: 300 })),
      lastAnswerFull: fc.boolean(),
    });
    fc.assert(
      fc.property(any, (s) => {
        const asked = planPoll(s);
        expect(asked).toBeGreaterThanOrEqual(0);
        expect(asked).toBeLessThanOrEqual(10);
        expect(asked === 0 || s.occupied + s.asked + asked <= s.concurrency + s.prefetch).toBe(true);
        expect(asked === 0 || s.asked + asked <= s.mayAsk).toBe(true);
        // A worker with a free slot and no poll out would be deaf.
        const deaf = s.polls === 0 && asked === 0;
        expect(deaf && s.occupied + s.asked < s.concurrency && s.asked < s.mayAsk).toBe(false);
      }),
    );
  });
});
