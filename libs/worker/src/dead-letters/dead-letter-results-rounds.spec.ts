import type { Clock } from '#celery';
import { describe, expect, it } from 'vitest';
import { DeadLetterRounds } from './dead-letter-results-rounds.js';
import type { Look } from './dead-letter-results.js';

/** Time that passes when it is told to, and lets what was waiting for it happen in between. */
class ManualClock implements Clock {
  #now = 0;
  #timers: { readonly at: number; readonly callback: () => void }[] = [];

  now = (): number => this.#now;
  monotonic = (): number => this.#now;

  setTimeout(callback: () => void, delayMs: number): { cancel: () => void } {
    const timer = { at: this.#now + delayMs, callback };
    this.#timers.push(timer);
    return { cancel: () => void (this.#timers = this.#timers.filter((one) => one !== timer)) };
  }

  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await turn();
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#timers = this.#timers.filter((one) => one !== next);
      this.#now = next.at;
      next.callback();
      await turn();
    }
    this.#now = end;
  }

  #next(end: number) {
    return this.#timers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function setUp(answer: () => number) {
  const clock = new ManualClock();
  const actions: string[] = [];
  const failures: unknown[] = [];
  const rounds = new DeadLetterRounds({
    consumer: {
      start: () => void actions.push('start'),
      pause: async () => void actions.push('pause'),
      resume: () => void actions.push('resume'),
    },
    count: async () => answer(),
    clock,
    onCountFailed: (error) => failures.push(error),
  });
  const stop = new AbortController();
  const ran = rounds.run(stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await ran;
  };
  return { clock, actions, failures, rounds, end, begun: () => actions.filter((action) => action === 'resume').length };
}

const looked = (look: Look) => () => Promise.resolve(look);

describe('DeadLetterRounds', () => {
  it('never polls an empty queue', async () => {
    const { clock, actions, end } = setUp(() => 0);
    await clock.advance(24 * HOUR);
    expect(actions).toEqual(['pause', 'start']);
    await end();
  });

  it('goes through the queue when it has grown, and leaves it alone again when nothing comes any more', async () => {
    let count = 0;
    const { clock, actions, end } = setUp(() => count);
    await clock.advance(MINUTE / 2);
    count = 3;
    await clock.advance(MINUTE);
    expect(actions).toEqual(['pause', 'start', 'resume', 'pause']);
    await clock.advance(HOUR / 2);
    expect(actions).toHaveLength(4);
    count = 4;
    await clock.advance(2 * MINUTE);
    expect(actions.slice(4)).toEqual(['resume', 'pause']);
    await end();
  });

  it('goes through an unchanged queue once an hour', async () => {
    const { clock, begun, end } = setUp(() => 3);
    await clock.advance(24 * HOUR - MINUTE);
    expect(begun()).toBeGreaterThanOrEqual(23);
    expect(begun()).toBeLessThanOrEqual(24);
    await end();
  });

  it('a round goes on while letters come, but ends before the first ones come back', async () => {
    const { clock, actions, rounds, end } = setUp(() => 3);
    await clock.advance(0);
    for (let second = 0; second < 20; second += 2) {
      await rounds.letter(looked('left'));
      await clock.advance(2000);
    }
    expect(actions).toEqual(['pause', 'start', 'resume']);
    for (let second = 0; second < 6; second += 2) {
      await rounds.letter(looked('left'));
      await clock.advance(2000);
    }
    expect(actions.at(-1)).toBe('pause');
    await end();
  });

  it('comes back to what it could not do, ever more slowly', async () => {
    const { clock, rounds, actions, end } = setUp(() => 1);
    const begunAt: number[] = [];
    for (let second = 0; second < 3 * 3600; second++) {
      await clock.advance(1000);
      if (actions.at(-1) !== 'resume') continue;
      begunAt.push(Math.round(clock.now() / MINUTE));
      await rounds.letter(looked('failed'));
      await clock.advance(10_000);
    }
    const pauses = begunAt.slice(1).map((minute, i) => minute - (begunAt[i] ?? 0));
    expect(pauses.slice(0, 4).every((pause, i) => pause >= 2 ** i && pause <= 2 ** i + 2)).toBe(true);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(62);
    await end();
  });

  it('goes its rounds by the hour while the queue cannot be counted', async () => {
    const { clock, failures, begun, end } = setUp(() => {
      throw new Error('throttled');
    });
    await clock.advance(2 * HOUR);
    expect(begun()).toBeGreaterThanOrEqual(2);
    expect(begun()).toBeLessThanOrEqual(3);
    expect(failures).toHaveLength(1);
    await end();
  });

  it('ends in the middle of a round', async () => {
    const { clock, actions, end } = setUp(() => 1);
    await clock.advance(1000);
    await end();
    expect(actions).toEqual(['pause', 'start', 'resume', 'pause']);
  });
});
