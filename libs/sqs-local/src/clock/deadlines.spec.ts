import { describe, expect, it } from 'vitest';
import { Deadlines } from './deadlines.js';
import { VirtualClock } from './virtual-clock.js';

describe('Deadlines', () => {
  it('keeps one timer of the clock however many deadlines there are', async () => {
    const clock = new VirtualClock();
    const deadlines = new Deadlines(clock);
    const ran: number[] = [];
    for (let at = 1000; at > 0; at--) deadlines.schedule(at, () => ran.push(at));
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(1000);
    expect(ran).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1));
    expect(clock.pendingTimers).toBe(0);
  });

  it('runs what a deadline sets for the same instant', async () => {
    const clock = new VirtualClock();
    const deadlines = new Deadlines(clock);
    const ran: string[] = [];
    deadlines.schedule(5, () => {
      ran.push('first');
      deadlines.schedule(5, () => ran.push('second'));
    });
    await clock.advance(5);
    expect(ran).toEqual(['first', 'second']);
  });

  it('leaves no timer when closed', () => {
    const clock = new VirtualClock();
    const deadlines = new Deadlines(clock);
    deadlines.schedule(5, () => {});
    deadlines.close();
    expect(clock.pendingTimers).toBe(0);
  });
});
