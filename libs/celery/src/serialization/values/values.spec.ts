import { describe, expect, it } from 'vitest';
import { DateTime } from './date-time.js';
import { Decimal } from './decimal.js';
import { Float } from './float.js';
import { PlainDate } from './plain-date.js';
import { PlainTime } from './plain-time.js';
import { pythonFloatRepr } from './python-float.js';
import { toPlain } from './to-plain.js';
import { Uuid } from './uuid.js';

describe('Float', () => {
  it('computes and prints as its number', () => {
    const one = new Float(1);
    expect(Number(one) + 1).toBe(2);
    expect(`${one.toString()} ${JSON.stringify({ one })}`).toBe('1 {"one":1}');
  });
});

describe('pythonFloatRepr', () => {
  it.each([
    [1, '1.0'],
    [-0, '-0.0'],
    [0.1, '0.1'],
    [1e-4, '0.0001'],
    [1e-5, '1e-05'],
    [1.5e-7, '1.5e-07'],
    [2 ** 53, '9007199254740992.0'],
    [1e15, '1000000000000000.0'],
    [1e16, '1e+16'],
    [1.2345e22, '1.2345e+22'],
    [-1e300, '-1e+300'],
    [5e-324, '5e-324'],
  ])('writes %d as %s', (value, text) => {
    expect(pythonFloatRepr(value)).toBe(text);
  });
});

describe('Decimal', () => {
  it('keeps its text', () => {
    expect(String(new Decimal('1.10'))).toBe('1.10');
    expect(JSON.stringify(new Decimal('1E+3'))).toBe('"1E+3"');
  });

  it('compares as a number', () => {
    expect(Number(new Decimal('-Infinity'))).toBe(-Infinity);
    expect(new Decimal('1.10').valueOf()).toBe(1.1);
  });

  it('refuses a long run of digits at once', () => {
    expect(() => new Decimal(`${'1'.repeat(500_000)}x`)).toThrow(RangeError);
  });

  it.each(['', 'abc', '1e', '.', '--1', '1_0', ' 1'])('refuses %j', (text) => {
    expect(() => new Decimal(text)).toThrow(RangeError);
  });
});

describe('Uuid', () => {
  const text = '12345678-1234-5678-1234-567812345678';
  it.each([text, text.replaceAll('-', ''), `{${text}}`, `urn:uuid:${text}`, text.toUpperCase()])('reads %s', (form) => {
    expect(new Uuid(form).toString()).toBe(text);
  });

  it('refuses anything else', () => {
    expect(() => new Uuid('1234')).toThrow(RangeError);
  });
});

describe('PlainDate and PlainTime', () => {
  it('are written as they were read', () => {
    expect(PlainDate.from('2024-02-29').toString()).toBe('2024-02-29');
    expect(PlainTime.from('12:30:15.000001+05:30').toString()).toBe('12:30:15.000001+05:30');
    expect(PlainTime.from('12:30').toString()).toBe('12:30:00');
  });

  it('refuse what no calendar or clock shows', () => {
    expect(() => new PlainDate(2023, 2, 29)).toThrow(RangeError);
    expect(() => new PlainTime(24)).toThrow(RangeError);
    expect(() => new PlainTime(1, 2, 3, 0.5)).toThrow(RangeError);
  });
});

describe('toPlain', () => {
  it('makes everyday values of nested ones and leaves the input alone', () => {
    const bytes = Uint8Array.of(1);
    const at = DateTime.from('2024-01-01T00:00:00');
    const input = { a: [new Float(1), new Decimal('1.10'), new Uuid('0'.repeat(32))], b: { at, bytes, n: 2n ** 70n } };
    expect(toPlain(input)).toEqual({
      a: [1, '1.10', '00000000-0000-0000-0000-000000000000'],
      b: { at, bytes, n: 2n ** 70n },
    });
    expect(input.a[0]).toBeInstanceOf(Float);
    expect(toPlain([new PlainDate(2024, 2, 29), new PlainTime(1)])).toEqual(['2024-02-29', '01:00:00']);
  });

  it('keeps __proto__ an ordinary key', () => {
    const plain = toPlain(JSON.parse('{"__proto__": {"polluted": true}}'));
    expect(Object.keys(plain as object)).toEqual(['__proto__']);
    expect((plain as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
