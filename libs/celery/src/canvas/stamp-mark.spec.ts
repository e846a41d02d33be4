import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Float } from '../serialization/index.js';
import { stampMarks, stampMarksOf } from './stamp-mark.js';

const marksOf = (stamps: Record<string, unknown>) => stampMarksOf({ stampedHeaders: Object.keys(stamps), stamps });

describe('the names of stamps', () => {
  it('are the same for those who revoke and those who are revoked, and differ otherwise', () => {
    const value = fc.oneof(fc.string(), fc.integer(), fc.boolean());
    fc.assert(
      fc.property(fc.string(), value, fc.string(), value, (name, one, otherName, other) => {
        expect(stampMarks({ [name]: one })).toEqual(marksOf({ [name]: one }));
        const isSame = name === otherName && one === other;
        expect(stampMarks({ [name]: one })[0] === marksOf({ [otherName]: other })[0]).toBe(isSame);
      }),
    );
  });

  it('are one for each value, short enough for any store', () => {
    expect(stampMarks({ tenant: ['a', 'b'], region: 'x' })).toEqual([
      ...stampMarks({ tenant: 'a' }),
      ...stampMarks({ tenant: 'b' }),
      ...stampMarks({ region: 'x' }),
    ]);
    expect(stampMarks({ tenant: 'x'.repeat(10_000) })[0]?.length).toBeLessThan(100);
  });

  it('know numbers as Python does', () => {
    expect(marksOf({ n: new Float(7) })).toEqual(stampMarks({ n: 7 }));
    expect(marksOf({ n: 7n })).toEqual(stampMarks({ n: 7 }));
    expect(marksOf({ n: '7' })).not.toEqual(stampMarks({ n: 7 }));
  });

  it('leave out what a task can carry and nobody can revoke', () => {
    expect(stampMarksOf({ stampedHeaders: ['a', 'b', 'c'], stamps: { a: null, b: { x: 1 }, d: 1 } })).toEqual([]);
    expect(stampMarksOf({ stampedHeaders: null, stamps: { a: 1 } })).toEqual([]);
  });

  it.each([[{ a: null }], [{ a: { b: 1 } }], [[]], [null], ['a']])('refuse %j', (stamps) => {
    expect(() => stampMarks(stamps as never)).toThrow(/[Ss]tamp/);
  });
});
