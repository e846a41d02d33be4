import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeadlineHeap, type Deadline } from './deadline-heap.js';

describe('DeadlineHeap', () => {
  it('gives back what was not cancelled, earliest first and in order of setting within an instant', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(50), fc.boolean()), { maxLength: 200 }), (plan) => {
        const heap = new DeadlineHeap();
        const deadlines = plan.map(([at], index) => ({ at, index, deadline: heap.add(at, () => {}) }));
        const cancelled = new Set(deadlines.filter((_, index) => plan[index]?.[1]).map(({ deadline }) => deadline));
        for (const deadline of cancelled) heap.cancel(deadline);
        const expected = deadlines
          .filter(({ deadline }) => !cancelled.has(deadline))
          .toSorted((a, b) => a.at - b.at || a.index - b.index)
          .map(({ deadline }) => deadline);
        expect(heap.size).toBe(expected.length);
        const popped: Deadline[] = [];
        for (let next = heap.popDue(50); next !== undefined; next = heap.popDue(50)) popped.push(next);
        expect(popped).toEqual(expected);
      }),
    );
  });

  it('keeps what is not due', () => {
    const heap = new DeadlineHeap();
    heap.add(10, () => {});
    expect(heap.popDue(9.99)).toBeUndefined();
    expect(heap.nextAt).toBe(10);
    expect(heap.popDue(10)?.at).toBe(10);
  });

  it('is not harmed by cancelling twice or after the deadline has run', () => {
    const heap = new DeadlineHeap();
    const [first, second] = [heap.add(1, () => {}), heap.add(2, () => {})];
    heap.popDue(1);
    heap.cancel(first);
    expect(heap.size).toBe(1);
    heap.cancel(second);
    heap.cancel(second);
    expect(heap.size).toBe(0);
  });

  it('works in proportion to the logarithm of its size', () => {
    const workPerDeadline = (size: number): number => {
      const heap = new DeadlineHeap();
      const deadlines = Array.from({ length: size }, (_, index) => heap.add((index * 7919) % size, () => {}));
      for (const deadline of deadlines) heap.cancel(deadline);
      return heap.comparisons / size;
    };
    // Twice the digits: a list searched through would be a thousand times the work.
    expect(workPerDeadline(100_000) / workPerDeadline(100)).toBeLessThan(5);
  });
});
