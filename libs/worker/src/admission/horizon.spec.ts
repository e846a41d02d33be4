import { VirtualClock } from '#sqs-local';
import { beforeEach, describe, expect, it } from 'vitest';
import { Horizon } from './horizon.js';

let clock: VirtualClock;
let horizon: Horizon;

beforeEach(() => {
  clock = new VirtualClock();
  horizon = new Horizon(clock);
});

const many = (count: number, ...args: Parameters<Horizon['next']>): number[] =>
  Array.from({ length: count }, () => horizon.next(...args));

describe('messages that cannot run now come back', () => {
  it('one after the other, as far apart as they can be served', () => {
    expect(many(4, 2000, 2000)).toEqual([2, 4, 6, 8]);
  });

  it('together in the same second where so many can be served', () => {
    expect(many(6, 1000, 500)).toEqual([1, 2, 2, 3, 3, 4]);
  });

  it('as late as they have to, whoever else waits', () => {
    expect(many(2, 60_000, 100, 0)).toEqual([60, 60]);
    expect(horizon.next(5000, 100, 0)).toBe(5);
  });

  it('not in a rush', () => {
    const seconds = many(200, 5000, 100, 0);
    expect(seconds.filter((second) => second === 5)).toHaveLength(51);
    expect(seconds.filter((second) => second === 6)).toHaveLength(10);
    expect(Math.max(...seconds)).toBe(20);
  });

  it('in the place of those that are back', async () => {
    many(5, 1000, 1000);
    await clock.advance(6000);
    expect(horizon.next(1000, 1000)).toBe(1);
  });

  it('soon again after a guess that was far too long', () => {
    many(10, 60_000, 60_000);
    expect(many(2, 1000, 1000)).toEqual([1, 2]);
  });

  it('within 15 minutes, if nothing but the others keeps them', () => {
    expect(Math.max(...many(100, 60_000, 60_000))).toBe(900);
    expect(horizon.next(3600_000, 100, 0)).toBe(3600);
  });
});
