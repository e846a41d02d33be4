import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExpiringMap } from './expiring-map.js';
import { testClock } from './test-clock.test-support.js';

describe('ExpiringMap', () => {
  it('behaves as a map whose entries expire, and never outgrows its bound', async () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd');
    const step = fc.oneof(
      fc.record({ set: key, value: fc.nat(5), seconds: fc.option(fc.integer({ min: 1, max: 5 })) }),
      fc.record({ drop: key }),
      fc.record({ pass: fc.integer({ min: 1, max: 3 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const clock = testClock();
        const map = new ExpiringMap<number>({ clock, maxWeight: 8, weigh: (value) => value });
        const model = new Map<string, { value: number; until: number }>();
        for (const one of steps) {
          if ('pass' in one) await clock.pass(one.pass);
          else if ('drop' in one) {
            map.delete(one.drop);
            model.delete(one.drop);
          } else {
            map.set(one.set, one.value, one.seconds);
            model.set(one.set, { value: one.value, until: clock.now() + 1000 * (one.seconds ?? Infinity) });
          }
          let weight = 0;
          for (const name of ['a', 'b', 'c', 'd']) {
            const found = map.get(name);
            const expected = model.get(name);
            const live = expected !== undefined && expected.until > clock.now();
            // What is live may have given way; nothing else may be there.
            expect([undefined, live ? expected.value : undefined]).toContain(found);
            weight += found ?? 0;
          }
          expect(weight).toBeLessThanOrEqual(8);
        }
      }),
    );
  });

  it('drops at a write what has expired before', async () => {
    const clock = testClock();
    const map = new ExpiringMap<number>({ clock, maxWeight: 1_000 });
    for (let index = 0; index < 100; index += 1) map.set(`k-${index}`, index, 1);
    await clock.pass(2);
    map.set('new', 1, 1);
    expect(map.size).toBe(1);
  });
});
