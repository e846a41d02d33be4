import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isoformat } from '../serialization/index.js';
import { parseIsoDateTime } from './iso-date-time.js';

describe('parseIsoDateTime', () => {
  it.each([
    ['2026-11-22T05:54:01.560965+00:00', '2026-11-22T05:54:01.560Z'],
    ['2030-01-02T03:04:05.678901-08:00', '2030-01-02T11:04:05.678Z'],
    ['2030-01-02T03:04:05', '2030-01-02T03:04:05.000Z'],
    ['2030-01-02T03:04:05Z', '2030-01-02T03:04:05.000Z'],
    ['2030-01-02t03:04:05.1z', '2030-01-02T03:04:05.100Z'],
    ['2030-01-02 03:04:05,25', '2030-01-02T03:04:05.250Z'],
    ['20300102T030405+0530', '2030-01-01T21:34:05.000Z'],
    ['20300102T0304-01', '2030-01-02T04:04:00.000Z'],
    ['2030-01-02T03', '2030-01-02T03:00:00.000Z'],
    ['2030-01-02T24:00:00', '2030-01-03T00:00:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['0044-03-15T12:00:00', '0044-03-15T12:00:00.000Z'],
  ])('reads %s', (text, expected) => {
    expect(new Date(parseIsoDateTime(text) ?? Number.NaN).toISOString()).toBe(expected);
  });

  it.each([
    '',
    'not-a-date',
    '12345',
    '2030-01-02T',
    '2030-13-01T00:00:00',
    '2023-02-29T00:00:00',
    '2030-01-02T24:00:01',
    '2030-01-02T00:60:00',
    '2030-01-02T00:00:60',
    '2030-01-02T00:00:00+24:00',
    '2030-01-02T00:00:00+00:60',
    '2030-0102T00:00:00',
    '0000-01-01T00:00:00',
    ' 2030-01-02T00:00:00',
    '2030-01-02T00:00:00 UTC',
  ])("refuses '%s'", (text) => {
    expect(parseIsoDateTime(text)).toBeUndefined();
  });

  it('reads what isoformat writes', () => {
    fc.assert(
      fc.property(
        fc.date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('9999-12-31') }),
        (date) => {
          expect(parseIsoDateTime(isoformat(date))).toBe(date.getTime());
        },
      ),
    );
  });
});
