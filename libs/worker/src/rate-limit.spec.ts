import { readFileSync } from 'node:fs';
import type { Clock } from '#celery';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateLimiter, parseRate, type Reservation } from './rate-limit.js';

const { rows } = JSON.parse(
  readFileSync(new URL('../../../test/vectors/tables/rate.json', import.meta.url), 'utf8'),
) as { rows: { rate: unknown; per_second: number }[] };

/** A clock that is set by hand. */
function manualClock(): Clock & { at: number } {
  return {
    at: 1_000,
    now: () => 0,
    monotonic() {
      return this.at;
    },
    setTimeout: () => expect.unreachable('a limiter sets no timer'),
  };
}

describe('parseRate', () => {
  it.each(rows)("reads $rate as Celery's worker does", ({ rate, per_second: perSecond }) => {
    expect(parseRate(rate)).toEqual(perSecond === 0 ? { kind: 'unlimited' } : { kind: 'limited', perSecond });
  });

  it.each([
    ['', 0],
    [0, 0],
    ['0.0/h', 0],
    ['10/', 10],
    [' 5 /m', 5 / 60],
    ['1e2/s', 100],
    ['.5', 0.5],
    ['1e-330/h', 0],
  ])('reads %j as %d per second', (rate, perSecond) => {
    expect(parseRate(rate)).toEqual(perSecond === 0 ? { kind: 'unlimited' } : { kind: 'limited', perSecond });
  });

  it.each([
    ['10/d', 'unit'],
    ['10/S', 'unit'],
    ['10/s/s', 'unit'],
    ['10 / s', 'unit'],
    ['10/constructor', 'unit'],
    ['/s', 'number'],
    ['ten/s', 'number'],
    ['-1/s', 'number'],
    ['inf', 'number'],
    ['1e999', 'number'],
    ['1e-320/h', 'number'],
    ['nan/m', 'number'],
    ['1_000/m', 'number'],
    ['0x10', 'number'],
    [' ', 'number'],
    [-1, 'number'],
    [Number.NaN, 'number'],
    [Infinity, 'number'],
    [true, 'type'],
    [undefined, 'type'],
    [{}, 'type'],
  ])('refuses %j for its %s', (rate, problem) => {
    expect(parseRate(rate)).toEqual({ kind: 'invalid', problem });
  });
});

describe('RateLimiter', () => {
  it('is none where the rate is no limit', () => {
    expect(RateLimiter.of(null, manualClock())).toBeUndefined();
    expect(RateLimiter.of('0/m', manualClock())).toBeUndefined();
    expect(RateLimiter.of('30/m', manualClock())?.intervalMs).toBe(2_000);
  });

  it('lets one start at once and the others one interval apart, in the order of coming', () => {
    const clock = manualClock();
    const limiter = new RateLimiter(2, clock);
    const [first, second, third] = [limiter.reserve(), limiter.reserve(), limiter.reserve()] as const;
    expect([first.waitMs, second.waitMs, third.waitMs, limiter.waiting]).toEqual([0, 500, 1_000, 3]);
    expect([second.start(), first.start(), first.start(), second.start()]).toEqual([false, true, false, false]);
    clock.at += 500;
    expect([third.start(), second.start(), third.start()]).toEqual([false, true, false]);
    expect([third.waitMs, limiter.waiting]).toEqual([500, 1]);
  });

  it('moves those behind up when a place is given back', () => {
    const limiter = new RateLimiter(2, manualClock());
    const [first, second, third] = [limiter.reserve(), limiter.reserve(), limiter.reserve()] as const;
    first.giveBack();
    first.giveBack();
    expect([second.waitMs, third.waitMs, limiter.waiting]).toEqual([0, 500, 2]);
    expect([first.start(), second.start(), third.waitMs]).toEqual([false, true, 500]);
    second.giveBack();
    expect(third.waitMs).toBe(500);
  });

  it('has no burst for those who wake up late', () => {
    const clock = manualClock();
    const limiter = new RateLimiter(1, clock);
    const line = Array.from({ length: 5 }, () => limiter.reserve());
    clock.at += 3_600_000;
    expect(line.map((place) => place.start())).toEqual([true, false, false, false, false]);
    expect(line.map(({ waitMs }) => waitMs)).toEqual([0, 1_000, 2_000, 3_000, 4_000]);
  });

  it('waits no longer than an interval when the clock leaps back', () => {
    const clock = manualClock();
    const limiter = new RateLimiter(1, clock);
    limiter.reserve().start();
    clock.at -= 86_400_000;
    const next = limiter.reserve();
    expect(next.waitMs).toBe(1_000);
    clock.at += 1_000;
    expect(next.start()).toBe(true);
  });

  type Step = { kind: 'arrive' | 'leave' | 'try'; pick: number; ms: number };

  const steps = fc.array(
    fc.record<Step>({
      kind: fc.constantFrom('arrive', 'leave', 'try', 'try'),
      pick: fc.nat(20),
      ms: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 400, noNaN: true }), fc.integer({ min: 0, max: 5_000 })),
    }),
    { maxLength: 120 },
  );
  const rates = fc.double({ min: 0.05, max: 50, noNaN: true });

  /** Plays arrivals, departures and late wake-ups; answers who started when, by order of arrival. */
  function play(perSecond: number, script: readonly Step[]) {
    const clock = manualClock();
    const limiter = new RateLimiter(perSecond, clock);
    const line: { place: Reservation; arrival: number }[] = [];
    const starts: { at: number; arrival: number }[] = [];
    for (const [arrival, { kind, pick, ms }] of script.entries()) {
      clock.at += ms;
      const index = pick % Math.max(1, line.length);
      if (kind === 'arrive') line.push({ place: limiter.reserve(), arrival });
      else if (kind === 'leave') line.splice(index, 1).forEach(({ place }) => place.giveBack());
      else if (line[index]?.place.start()) {
        starts.push(...line.splice(index, 1).map((one) => ({ at: clock.at, arrival: one.arrival })));
      }
      expect(limiter.waiting).toBe(line.length);
    }
    return { clock, line, starts };
  }

  it('never starts more than one and the rate in any stretch of time, in the order of coming', () => {
    fc.assert(
      fc.property(rates, steps, (perSecond, script) => {
        const { starts } = play(perSecond, script);
        for (const [from, first] of starts.entries()) {
          for (const [more, last] of starts.slice(from).entries()) {
            expect(more + 1).toBeLessThanOrEqual(1 + (perSecond * (last.at - first.at)) / 1000 + 1e-6);
          }
        }
        expect(starts.map(({ arrival }) => arrival)).toEqual(
          starts.map(({ arrival }) => arrival).toSorted((a, b) => a - b),
        );
      }),
    );
  });

  it('serves everybody who stays, each when it was told to come', () => {
    fc.assert(
      fc.property(rates, steps, (perSecond, script) => {
        const { clock, line } = play(perSecond, script);
        const ends = clock.at + ((line.length + 1) * 1000) / perSecond + line.length;
        for (const { place } of line) {
          clock.at += place.waitMs;
          expect(place.start()).toBe(true);
        }
        expect(clock.at).toBeLessThanOrEqual(ends);
      }),
    );
  });
});
