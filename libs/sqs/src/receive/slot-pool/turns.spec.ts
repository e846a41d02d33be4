import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { PoolMember } from './pool-member.js';
import { mostPassed, StrictTurns } from './strict-turns.js';
import { WeightedTurns } from './weighted-turns.js';

const queue = (weight: number): PoolMember => ({
  weight,
  running: 0,
  wanting: true,
  expected: 0,
  startNext: () => undefined,
});

/** Who wants a slot at each turn, as positions. */
const wishes = (queues: number, turns: number): fc.Arbitrary<boolean[][]> =>
  fc.array(fc.array(fc.boolean(), { minLength: queues, maxLength: queues }), { maxLength: turns });
const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 16 });

describe('WeightedTurns', () => {
  it('spreads the turns of a heavy queue', () => {
    const [a, b] = [queue(2), queue(1)];
    const turns = new WeightedTurns();
    const order = Array.from({ length: 6 }, () => (turns.next([a, b]) === a ? 'a' : 'b'));
    expect(order.join('')).toBe('abaaba');
  });

  it('gives queues that always want slots their shares, whatever the others do', () => {
    const any = weights.chain((all) => fc.tuple(fc.constant(all), wishes(all.length, 200)));
    fc.assert(
      fc.property(any, ([all, turnsWanted]) => {
        const queues = all.map(queue);
        const [a, b] = [queue(3), queue(7)];
        const turns = new WeightedTurns();
        const served = new Map<PoolMember | undefined, number>();
        for (const wanted of turnsWanted) {
          const next = turns.next([...queues.filter((_, i) => wanted[i]), a, b]);
          served.set(next, (served.get(next) ?? 0) + 1);
          const apart = (served.get(a) ?? 0) / a.weight - (served.get(b) ?? 0) / b.weight;
          expect(Math.abs(apart)).toBeLessThanOrEqual(1 / a.weight + 1 / b.weight + 1e-9);
        }
      }),
    );
  });

  it('saves up no turns for a queue that was idle', () => {
    const [busy, idle] = [queue(1), queue(1)];
    const turns = new WeightedTurns();
    for (let n = 0; n < 1000; n++) turns.next([busy]);
    const order = Array.from({ length: 10 }, () => turns.next([busy, idle]));
    expect(order.filter((member) => member === idle)).toHaveLength(5);
  });

  it('starves nobody', () => {
    fc.assert(
      fc.property(weights, (all) => {
        const queues = all.map(queue);
        const turns = new WeightedTurns();
        const total = all.reduce((sum, weight) => sum + weight, 0);
        const served = new Set(Array.from({ length: total + queues.length }, () => turns.next(queues)));
        expect(served.size).toBe(queues.length);
      }),
    );
  });
});

describe('StrictTurns', () => {
  it('serves the highest weight, and a lower queue after fifteen slots', () => {
    const [low, high] = [queue(1), queue(9)];
    const turns = new StrictTurns();
    const order = Array.from({ length: 32 }, () => (turns.next([low, high]) === high ? 'h' : 'l'));
    expect(order.join('')).toBe(`${'h'.repeat(15)}l${'h'.repeat(15)}l`);
  });

  it('forgets how long a queue has waited that wants nothing any more', () => {
    const [low, high] = [queue(1), queue(9)];
    const turns = new StrictTurns();
    for (let n = 0; n < mostPassed; n++) turns.next([low, high]);
    expect(turns.next([high])).toBe(high);
    for (let n = 0; n < mostPassed; n++) expect(turns.next([low, high])).toBe(high);
    expect(turns.next([low, high])).toBe(low);
  });

  it('serves equal weights in turn', () => {
    const queues = [queue(1), queue(1), queue(1)];
    const turns = new StrictTurns();
    const served = Array.from({ length: 9 }, () => turns.next(queues));
    for (const member of queues) expect(served.filter((it) => it === member)).toHaveLength(3);
  });

  it('passes no queue over more than fifteen times in a row while it wants a slot', () => {
    const any = weights.chain((all) => fc.tuple(fc.constant(all), wishes(all.length, 300)));
    fc.assert(
      fc.property(any, fc.boolean(), ([all, turnsWanted], always) => {
        const queues = all.map(queue);
        const turns = new StrictTurns();
        const passed = new Map<PoolMember, number>();
        for (const wanted of turnsWanted) {
          const wanting = queues.filter((_, i) => always || wanted[i]);
          const next = turns.next(wanting);
          expect(next === undefined).toBe(wanting.length === 0);
          for (const member of queues) {
            const count = member === next || !wanting.includes(member) ? 0 : (passed.get(member) ?? 0) + 1;
            expect(count).toBeLessThanOrEqual(mostPassed);
            passed.set(member, count);
          }
        }
      }),
    );
  });

  it('lets a lower queue go first only once it has waited', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: mostPassed }), (all) => {
        expect(new StrictTurns().next(all.map(queue))?.weight).toBe(Math.max(...all));
      }),
    );
  });
});
