import { readFileSync, readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DateTime,
  DecodeError,
  Decimal,
  EncodeError,
  Float,
  NestingTooDeepError,
  PlainDate,
  PlainTime,
  Uuid,
  decodeJson,
  encodeJson,
  jsonTypes,
} from '../index.js';

const vectors = new URL('../../../../../test/vectors/', import.meta.url);

const marked = (type: string, value: unknown): string => JSON.stringify({ __type__: type, __value__: value });

class Money {
  constructor(readonly cents: number) {}
}

const money = jsonTypes([
  { type: Money, marker: 'money', encode: (value) => value.cents, decode: (cents) => new Money(Number(cents)) },
]);

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** The same rule as the decoder's, without its shortcuts. */
function numberOf(token: string): unknown {
  const value = Number(token);
  const whole = Number.isSafeInteger(value);
  if (/[.eE]/.test(token)) return whole && !Object.is(value, -0) ? new Float(value) : value;
  return whole ? Number(BigInt(token)) : BigInt(token);
}

describe('decodeJson: work that grows no faster than the text', () => {
  it.each<[string, string, unknown]>([
    ['a string of escapes', `[1.0,"${String.raw`\n`.repeat(1_000_000)}"]`, '\n'.repeat(1_000_000)],
    ['characters of control without an escape', `[1.0,${'"\u0085",'.repeat(300_000)}1]`, '\u0085'],
    ['a key of escapes', `[1.0,{"${String.raw`\"`.repeat(1_000_000)}":1}]`, { ['"'.repeat(1_000_000)]: 1 }],
  ])('%s', (_name, text, second) => {
    const read = decodeJson(text) as unknown[];
    // Not toEqual: printing the difference would take longer than the test.
    expect(JSON.stringify(read[1]) === JSON.stringify(second)).toBe(true);
  });

  it('an endless string of escapes', () => {
    const text = `[NaN,"${String.raw`\n`.repeat(1_000_000)}`;
    expect(thrownBy(() => decodeJson(text))).toBeInstanceOf(DecodeError);
  });
});

describe('decodeJson', () => {
  it.each<[string, unknown]>([
    ['1', 1],
    ['-0', 0],
    ['-0.0', -0],
    ['1.0', new Float(1)],
    ['[0.0]', [new Float(0)]],
    ['1e2', new Float(100)],
    ['[1E2]', [new Float(100)]],
    ['1.5', 1.5],
    ['1e22', 1e22],
    ['1e400', Infinity],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['-9007199254740993', -9007199254740993n],
    ['1000000000000000', 1e15],
    ['9007199254740992.0', 9007199254740992],
    ['{"a": 0.99999999999999999999}', { a: new Float(1) }],
    ['[999999999999999.99]', [new Float(1e15)]],
    ['[12345.000000000001]', [Number('12345.000000000001')]],
    ['[NaN, Infinity, -Infinity]', [Number.NaN, Infinity, -Infinity]],
    ['  {"a" : [ ] }\r\n', { a: [] }],
    ['{"a":1.0,"a":2.0}', { a: new Float(2) }],
    ['["\\ud83d\\ude00\\ud800", 1.0]', ['😀\ud800', new Float(1)]],
    ['["a\\\\", "b\\"", NaN]', ['a\\', 'b"', Number.NaN]],
    [marked('x', 1).replace('}', ', "extra": 1}'), { __type__: 'x', __value__: 1, extra: 1 }],
    [marked('bytes', ''), new Uint8Array()],
    [marked('bytes', 'é'), Uint8Array.of(0xc3, 0xa9)],
    [marked('base64', '/w=='), Uint8Array.of(0xff)],
    ['{"\\u005f_type__": "base64", "__value__": "/w=="}', Uint8Array.of(0xff)],
  ])('reads %s', (text, value) => {
    expect(decodeJson(text)).toStrictEqual(value);
  });

  it.each([
    '',
    '{',
    '[1,]',
    '{"a":1,}',
    '{a:1}',
    "['a']",
    '[1] 2',
    '01',
    '[01.0]',
    '+1',
    '.5',
    '1.',
    '-',
    'nan',
    'undefined',
    '"\u0001"',
    '["\\x", NaN]',
    '["a',
    '["\n", 1.0]',
    '\uFEFF1',
    '[NaN',
    marked('money', 1),
    marked('datetime', 'garbage'),
    marked('datetime', 1),
    marked('decimal', 'x'),
    marked('uuid', 'x'),
    marked('uuid', { hex: 'x' }),
    marked('base64', '/w='),
    marked('base64', 'e-_J'),
    marked('bytes', '\ud800'),
    '{"__type__": null, "__value__": 1}',
    '{"__type__": ["bytes"], "__value__": 1}',
    marked('constructor', 1),
    marked('__proto__', 1),
  ])('refuses %j', (text) => {
    expect(() => decodeJson(text)).toThrow(DecodeError);
  });

  it('does not quote the text in its errors', () => {
    const error = thrownBy(() => decodeJson('{"password": "hunter2", oops'));
    expect(error).toBeInstanceOf(DecodeError);
    expect(String(error)).not.toContain('hunter2');
    expect((error as Error).cause).toBeUndefined();
  });

  it.each([
    '{"__proto__": {"polluted": 1}}',
    '{"__proto__": {"polluted": 1.0}}',
    '{"__proto__": {"polluted": 1}, "\\u00e9": 1}',
  ])('takes __proto__ for an ordinary key: %s', (text) => {
    const value = decodeJson(text) as Record<string, unknown>;
    expect(Object.keys(value)).toContain('__proto__');
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(value['polluted']).toBeUndefined();
    expect(decodeJson(encodeJson(value))).toStrictEqual(value);
  });

  it.each([
    ['[', ']'],
    ['{"a":', '}'],
    ['[1.0,', ']'],
  ])('bounds the nesting of %s', (open, close) => {
    const nested = (levels: number): string => `${open.repeat(levels)}1${close.repeat(levels)}`;
    expect(() => decodeJson(nested(512))).not.toThrow();
    expect(() => decodeJson(nested(513))).toThrow(NestingTooDeepError);
    expect(() => decodeJson(nested(200_000))).toThrow(NestingTooDeepError);
    expect(() => decodeJson('[[[1]]]', undefined, { maxDepth: 2 })).toThrow(NestingTooDeepError);
  });

  it('refuses integers that Python refuses, however long, at once', () => {
    expect(decodeJson('9'.repeat(4300))).toBe(10n ** 4300n - 1n);
    expect(() => decodeJson('9'.repeat(4301))).toThrow(DecodeError);
    expect(() => decodeJson(`[-${'9'.repeat(5_000_000)}]`)).toThrow(DecodeError);
  });

  it('reads values inside values, and registered types', () => {
    const text = `{"__type__":"money","__value__":${marked('decimal', '7')}}`;
    expect(decodeJson(text, money)).toStrictEqual(new Money(7));
    expect(decodeJson(encodeJson([new Money(7)], money), money)).toStrictEqual([new Money(7)]);
    expect(() => decodeJson(text)).toThrow("unknown __type__ 'money'");
  });

  it('gives no value to a text that JSON.parse reads otherwise', () => {
    const token = fc.tuple(
      fc.constantFrom('', '-'),
      fc.bigInt({ min: 0n, max: 10n ** 19n }).map(String),
      fc.oneof(fc.constant(''), fc.stringMatching(/^\.(0{0,17}|9{0,17})\d{1,5}$/)),
      fc.constantFrom('', '', 'e0', 'E5', 'e-3'),
    );
    fc.assert(
      fc.property(
        token.map((parts) => parts.join('')),
        (text) => {
          expect(decodeJson(`[${text}]`)).toStrictEqual([numberOf(text)]);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('encodeJson', () => {
  it.each<[unknown, string]>([
    [1, '1'],
    [1.5, '1.5'],
    [-0, '-0.0'],
    [new Float(1), '1.0'],
    [new Float(-0), '-0.0'],
    [2 ** 53, '9007199254740992.0'],
    [1e22, '1e+22'],
    [2n ** 70n, '1180591620717411303424'],
    [[Number.NaN, Infinity, -Infinity], '[NaN,Infinity,-Infinity]'],
    [undefined, 'null'],
    [{ a: undefined, b: [undefined] }, '{"b":[null]}'],
    [{ a: undefined, b: [undefined, 1n] }, '{"b":[null,1]}'],
    [new Decimal('1E+3'), marked('decimal', '1E+3')],
    [new Uuid(`${'0'.repeat(30)}ff`), marked('uuid', { hex: `${'0'.repeat(30)}ff` })],
    [new PlainDate(2024, 2, 29), marked('date', '2024-02-29')],
    [new PlainTime(1, 2, 3), marked('time', '01:02:03')],
    [DateTime.from('2024-02-29T12:30:00'), marked('datetime', '2024-02-29T12:30:00')],
    [new Date('2024-02-29T12:30:00.120Z'), marked('datetime', '2024-02-29T12:30:00.120000+00:00')],
    [Buffer.from('abc'), marked('bytes', 'abc')],
    [Uint8Array.of(0xff), marked('base64', '/w==')],
    [{ toJSON: () => [new Float(2)] }, '[2.0]'],
    [new URL('http://localhost/'), '"http://localhost/"'],
    [
      new (class Order {
        id = 7;
        skip = undefined;
      })(),
      '{"id":7}',
    ],
    [Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
    ['é😀\u2028', '"é😀\u2028"'],
    ['\ud800\u0001\uFFFE\uFFFF', '"\\ud800\\u0001\\ufffe\\uffff"'],
  ])('writes %o', (value, text) => {
    expect(encodeJson(value)).toBe(text);
  });

  it.each<[string, unknown, string]>([
    ['a Map', { args: [{ x: new Map() }] }, '$.args[0].x'],
    ['a Set', [new Set()], '$[0]'],
    ['a function', { 'a b': () => 1 }, '$["a b"]'],
    ['a symbol', Symbol('a'), '$'],
    ['a Promise', [Promise.resolve()], '$[0]'],
    ['an Error', [new Error('no')], '$[0]'],
    ['an invalid date', { at: new Date(Number.NaN) }, '$.at'],
    ['an object that looks marked', [{ __type__: 'x', __value__: 1, z: undefined }], '$[0]'],
    ['an integer beyond 4300 digits', [10n ** 4300n], '$[0]'],
  ])('refuses %s and says where it is', (_, value, path) => {
    expect(thrownBy(() => encodeJson(value))).toMatchObject({ code: 'SQS_CELERY_ENCODE', path });
  });

  it('refuses what holds itself', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(() => encodeJson(cycle)).toThrow(EncodeError);
    expect(() => encodeJson({ toJSON: () => cycle })).toThrow(EncodeError);
  });

  it('keeps the cause of a failing encoder', () => {
    const cause = new Error('closed');
    const types = jsonTypes([
      {
        type: Money,
        marker: 'money',
        encode: () => {
          throw cause;
        },
      },
    ]);
    expect(thrownBy(() => encodeJson([new Money(1)], types))).toMatchObject({ path: '$[0]', cause });
  });

  it('replaces built-in types and writes unmarked ones', () => {
    const types = jsonTypes([
      { type: Date, marker: null, encode: (date) => date.getTime() },
      { type: Money, marker: 'money', encode: (value) => value.cents },
    ]);
    expect(encodeJson([new Date(5), new Money(1)], types)).toBe(`[5,${marked('money', 1)}]`);
    expect(decodeJson(marked('money', 1), types)).toBe(1);
  });

  it('refuses two types of one marker', () => {
    const type = { type: Money, marker: 'money', encode: (value: Money) => value.cents };
    expect(() => jsonTypes([type, type])).toThrow(TypeError);
  });
});

describe('decodeJson(encodeJson(x))', () => {
  const fields = fc.record({
    ms: fc.integer({ min: -62_000_000_000_000, max: 253_000_000_000_000 }),
    microseconds: fc.integer({ min: 0, max: 999 }),
    utcOffset: fc.option(fc.integer({ min: -86_399, max: 86_399 }), { nil: null }),
  });
  const datetime = fields.map(({ ms, ...detail }) => new DateTime(ms, detail));
  const leaf = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('\ud800', '\uFFFE', '"', '\\', '\n', '😀', '_') }),
    fc.maxSafeInteger(),
    fc.double({ noInteger: true }),
    fc.constantFrom(-0, 2 ** 53, 1e22, -1e300, null, true, false),
    fc
      .maxSafeInteger()
      .filter((value) => value !== 0)
      .map((value) => new Float(value)),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 200n }),
    fc.bigInt({ min: -(2n ** 200n), max: -(2n ** 53n) }),
    fc.uint8Array().map((bytes) => new Uint8Array(bytes)),
    fc.string().map((text) => new TextEncoder().encode(text)),
    fc.uuid().map((text) => new Uuid(text)),
    fc.tuple(fc.bigInt(), fc.nat(9999)).map(([whole, part]) => new Decimal(`${whole}.${part}`)),
    datetime,
    datetime.map((date) => PlainDate.from(date.isoformat().slice(0, 10))),
    datetime.map((date) => PlainTime.from(date.isoformat().slice(11))),
  );
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('value')),
      fc.dictionary(fc.string(), tie('value'), { noNullPrototype: true }),
    ),
  })).value;

  it('is x, for every type of value', () => {
    fc.assert(
      fc.property(value, (x) => {
        const y = decodeJson(encodeJson(x));
        expect(y).toStrictEqual(x);
        expect(encodeJson(y)).toBe(encodeJson(x));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('messages written by Celery', () => {
  const names = readdirSync(vectors).filter((name) => name.endsWith('.json'));

  it.each(names)('reads the envelope of %s and writes it back', (name) => {
    const { sqs_body: body } = JSON.parse(readFileSync(new URL(name, vectors), 'utf8')) as { sqs_body: string };
    const text = body.startsWith('{') ? body : Buffer.from(body, 'base64').toString();
    const envelope = decodeJson(text);
    expect(decodeJson(encodeJson(envelope))).toStrictEqual(envelope);
    expect(envelope).toHaveProperty('properties.delivery_info');
  });

  it('reads every typed argument', () => {
    const body = readBody('typed_args.json');
    const [args] = decodeJson(body) as [unknown[]];
    expect(args).toStrictEqual([
      DateTime.from('2024-02-29T12:30:15.123456'),
      DateTime.from('2024-02-29T12:30:00+00:00'),
      new PlainDate(2024, 2, 29),
      new PlainTime(12, 30, 15),
      new Decimal('1.10'),
      new Uuid('12345678-1234-5678-1234-567812345678'),
      new TextEncoder().encode('hello'),
      Uint8Array.of(0xff, 0),
      [1, 2],
    ]);
    expect(encodeJson(decodeJson(body))).toBe(body.replaceAll(/([,:]) /g, '$1'));
  });

  it('reads every kind of number and writes it as Python does', () => {
    const body = readBody('numbers.json');
    const [args] = decodeJson(body) as [unknown[]];
    expect(args).toStrictEqual([
      2n ** 63n,
      2n ** 100n,
      new Float(1),
      1e22,
      1e-7,
      -0,
      Number.NaN,
      Infinity,
      -Infinity,
      true,
      null,
    ]);
    expect(encodeJson(decodeJson(body))).toBe(body.replaceAll(/([,:]) /g, '$1'));
  });

  function readBody(name: string): string {
    const { decoded_envelope: envelope } = JSON.parse(readFileSync(new URL(name, vectors), 'utf8')) as {
      decoded_envelope: { body: string };
    };
    return Buffer.from(envelope.body, 'base64').toString();
  }
});
