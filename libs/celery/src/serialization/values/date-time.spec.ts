import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DateTime, isoformat } from './date-time.js';

describe('DateTime', () => {
  it.each([
    '2024-02-29T12:30:15.123456',
    '2024-02-29T12:30:00',
    '2024-02-29T12:30:00.000005+05:30',
    '2024-02-29T12:30:15.123456-08:00',
    '0001-01-01T00:00:00+14:00',
    '9999-12-31T23:59:59.999999-12:00',
    '1900-01-01T00:00:00+00:19:32',
    '1900-01-01T00:00:00.000001-00:19:32.130001',
    '0050-06-01T00:00:00',
  ])('keeps %s', (text) => {
    expect(DateTime.from(text).isoformat()).toBe(text);
  });

  it.each([
    ['2024-02-29T12:30:15Z', '2024-02-29T12:30:15+00:00'],
    ['20240229T123015.1234567', '2024-02-29T12:30:15.123456'],
    ['2024-02-29 12:30+01', '2024-02-29T12:30:00+01:00'],
    ['2024-02-29', '2024-02-29T00:00:00'],
    ['2024-02-29T12:30:15,5-00:00', '2024-02-29T12:30:15.500000+00:00'],
  ])('reads %s as Python 3.11 does', (text, iso) => {
    expect(DateTime.from(text).isoformat()).toBe(iso);
  });

  it.each([
    '',
    'garbage',
    '2023-02-29',
    '2024-13-01',
    '0000-01-01',
    '2024-01-01T24:00:00',
    '2024-01-01T00:60',
    '2024-01-01T00:00+24:00',
    '2024-1-1',
    '2024-0101',
    '2024-01-01T00:00:00+',
  ])('refuses %j', (text) => {
    expect(() => DateTime.from(text)).toThrow(RangeError);
  });

  it('is a Date at the same moment; naive counts as UTC', () => {
    expect(DateTime.from('2024-02-29T12:30:15.123456+05:30').toISOString()).toBe('2024-02-29T07:00:15.123Z');
    expect(DateTime.from('2024-02-29T12:30:15').getTime()).toBe(Date.UTC(2024, 1, 29, 12, 30, 15));
    expect(DateTime.from('2024-02-29T12:30:15').utcOffset).toBeNull();
  });

  it('shows a plain Date as aware, in UTC, with six digits or none', () => {
    expect(isoformat(new Date('2024-02-29T12:30:15.120Z'))).toBe('2024-02-29T12:30:15.120000+00:00');
    expect(() => isoformat(new Date(Number.NaN))).toThrow(RangeError);
    expect(() => isoformat(new Date(8.64e15))).toThrow(RangeError);
  });

  it('reads back what it writes', () => {
    const offset = fc.option(fc.integer({ min: -86_399, max: 86_399 }), { nil: null });
    const epochMs = fc.integer({ min: -62_000_000_000_000, max: 253_000_000_000_000 });
    fc.assert(
      fc.property(epochMs, fc.integer({ min: 0, max: 999 }), offset, (ms, microseconds, utcOffset) => {
        const written = new DateTime(ms, { microseconds, utcOffset });
        const read = DateTime.from(written.isoformat());
        expect([read.getTime(), read.microseconds, read.utcOffset]).toEqual([ms, microseconds, utcOffset]);
      }),
    );
  });

  it.each([{ microseconds: 1000 }, { microseconds: -1 }, { microseconds: 0.5 }, { utcOffset: 86_400 }])(
    'refuses %o',
    (detail) => {
      expect(() => new DateTime(0, detail)).toThrow(RangeError);
    },
  );
});
