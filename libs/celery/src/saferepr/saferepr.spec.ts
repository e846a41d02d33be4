import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DateTime, Decimal, Float, PlainDate, PlainTime, Uuid } from '../serialization/index.js';
import { saferepr } from './index.js';

interface Row {
  readonly value: string;
  readonly maxlen: number;
  readonly saferepr: string;
}

const table = new URL('../../../../test/vectors/tables/saferepr.json', import.meta.url);
const rows = (JSON.parse(readFileSync(table, 'utf8')) as { rows: Row[] }).rows;

class Foo {
  toJSON(): string {
    return 'foo';
  }
}

const tuple = (...items: unknown[]): [unknown, boolean] => [items, true];
const value = (item: unknown): [unknown, boolean] => [item, false];

/** The JavaScript side of each Python value of the table. */
const samples: Record<string, [unknown, boolean]> = {
  '()': tuple(),
  '(1,)': tuple(1),
  "('a', 1.0, True, None)": tuple('a', new Float(1), true, null),
  '[]': value([]),
  '{}': value({}),
  'set()': value(new Set()),
  '{1}': value(new Set([1])),
  "it's": value("it's"),
  newline: value('a\nb'),
  backslash: value('a\\b'),
  unicode: value('é☃😀'),
  "bytes b'abc'": value(Buffer.from('abc')),
  'bytes ff00': value(Uint8Array.of(0xff, 0)),
  "Decimal('1.10')": value(new Decimal('1.10')),
  'float nan': value(Number.NaN),
  '1e22': value(1e22),
  '0.1': value(0.1),
  '2**64': value(2n ** 64n),
  'datetime utc': value(DateTime.from('2024-01-01T00:00:00+00:00')),
  uuid: value(new Uuid('00000000000000000000000000000001')),
  'depth4 list': value([[[[1]]]]),
  'depth in args tuple': tuple([[[1]]]),
  'str 2000': tuple('x'.repeat(2000)),
  'two strs 600': tuple('x'.repeat(600), 'y'.repeat(600)),
  'range list 400': value(Array.from({ length: 400 }, (_, index) => index)),
  obj: value(new Foo()),
  kwargs: value({ x: 'x'.repeat(50), y: 1 }),
  'nested cut': tuple([1, 2, [3, [4]]], 5),
};

describe('saferepr', () => {
  it.each(rows.filter((row) => row.value in samples))('shows $value as Celery does', (row) => {
    const [sample, isTuple] = samples[row.value]!;
    expect(saferepr(sample, { maxLength: row.maxlen, tuple: isTuple })).toBe(row.saferepr);
  });

  it('leaves out only the row that has a tuple below the top, which JavaScript does not have', () => {
    const left = rows.map((row) => row.value).filter((name) => !(name in samples));
    expect(left).toEqual(["{'a': [1, {'b': (2,)}]}"]);
    expect(saferepr({ a: [1, { b: [2] }] })).toBe("{'a': [1, {'b': [...]}]}");
  });

  it.each([
    [DateTime.from('2024-02-29T12:30:15.123456'), 'datetime.datetime(2024, 2, 29, 12, 30, 15, 123456)'],
    [
      DateTime.from('2024-02-29T12:30:00-08:00'),
      'datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=57600)))',
    ],
    [new Date(0), 'datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)'],
    [new Date(Number.NaN), '<Invalid Date>'],
    [new Date(8.64e15), '<Date +275760-09-13T00:00:00.000Z>'],
    [DateTime.from('9999-12-31T23:59:59-05:00'), '<Date +010000-01-01T04:59:59.000Z>'],
    [new PlainDate(2024, 2, 29), 'datetime.date(2024, 2, 29)'],
    [new PlainTime(12, 30, 0, 5), 'datetime.time(12, 30, 0, 5)'],
    [undefined, 'None'],
    [-0, '-0.0'],
    [-Infinity, '-inf'],
    [new Map(), '<Map>'],
    [
      new (class Order {
        id = 7;
      })(),
      "{'id': 7}",
    ],
  ])('shows %o as %s', (sample, shown) => {
    expect(saferepr(sample)).toBe(shown);
  });

  it('survives a value that holds itself', () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(saferepr(cycle)).toBe('[<Recursion on []>]');
  });

  it('cuts by code points, back to a space where there is one', () => {
    expect(saferepr('😀'.repeat(10), { maxLength: 4 })).toBe("'😀😀😀😀...'");
    expect(saferepr('one two three', { maxLength: 9 })).toBe("'one two...'");
  });
});
