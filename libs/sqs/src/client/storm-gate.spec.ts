import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { VirtualClock } from '#sqs-local';

import { StormGate } from './storm-gate.js';

/** Asks for a request that comes to what it is told; false: it was held back. */
function ask(gate: StormGate, failure?: Error): boolean {
  try {
    gate.enter();
  } catch {
    return false;
  }
  if (failure) gate.failed(failure);
  else gate.succeeded();
  return true;
}

describe('StormGate', () => {
  it('does not notice a single failure, and opens with the first success', async () => {
    const clock = new VirtualClock();
    const gate = new StormGate(clock);
    const outcomes = [
      ask(gate, new Error('1')),
      ask(gate),
      ask(gate, new Error('2')),
      ask(gate, new Error('3')),
      ask(gate),
    ];
    expect(outcomes).toEqual([true, true, true, true, false]);
    expect(() => gate.enter()).toThrow('3');
    await clock.advance(1000);
    expect([ask(gate), ask(gate), ask(gate)]).toEqual([true, true, true]);
  });

  it('lets through one request a second while all fail, however many ask', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 60 }), async (pauses) => {
        const clock = new VirtualClock({ quietTurns: 0 });
        const gate = new StormGate(clock);
        const made: number[] = [];
        for (const pause of [0, 0, ...pauses]) {
          await clock.advance(pause);
          if (ask(gate, new Error('storm'))) made.push(clock.monotonic());
        }
        const storm = made.slice(1);
        expect(storm.filter((at, n) => n > 0 && at - (storm[n - 1] ?? 0) < 1000)).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});
