import { DateTime, Decimal, Float, PlainDate, PlainTime, Uuid } from 'nestjs-sqs-celery/tasks';

/** A value on both sides. */
export interface ValueCase {
  /** A Python expression for it. */
  readonly python: string;
  /** Its `repr` after a trip, where that differs from the expression. */
  readonly repr?: string;
  readonly type: string;
  /** The value on the Nest side. */
  readonly nest: unknown;
}

const text = new TextEncoder();

/** Every type that Celery's JSON carries. */
export const valueCases: readonly ValueCase[] = [
  { python: 'None', type: 'NoneType', nest: null },
  { python: 'True', type: 'bool', nest: true },
  { python: 'False', type: 'bool', nest: false },

  { python: '0', type: 'int', nest: 0 },
  { python: '-7', type: 'int', nest: -7 },
  { python: '2**53 - 1', repr: '9007199254740991', type: 'int', nest: Number.MAX_SAFE_INTEGER },
  { python: '2**53', repr: '9007199254740992', type: 'int', nest: 2n ** 53n },
  { python: '2**63', repr: '9223372036854775808', type: 'int', nest: 2n ** 63n },
  { python: '2**100', repr: '1267650600228229401496703205376', type: 'int', nest: 2n ** 100n },
  { python: '-2**100', repr: '-1267650600228229401496703205376', type: 'int', nest: -(2n ** 100n) },

  { python: '1.0', type: 'float', nest: new Float(1) },
  { python: '0.1', type: 'float', nest: 0.1 },
  { python: '-2.5', type: 'float', nest: -2.5 },
  { python: '-0.0', type: 'float', nest: -0 },
  { python: '1e22', repr: '1e+22', type: 'float', nest: 1e22 },
  { python: '1.7976931348623157e+308', type: 'float', nest: Number.MAX_VALUE },
  { python: '5e-324', type: 'float', nest: Number.MIN_VALUE },
  { python: 'nan', type: 'float', nest: Number.NaN },
  { python: 'inf', type: 'float', nest: Number.POSITIVE_INFINITY },
  { python: '-inf', type: 'float', nest: Number.NEGATIVE_INFINITY },

  { python: "''", type: 'str', nest: '' },
  { python: "'naïve Größe 日本語'", type: 'str', nest: 'naïve Größe 日本語' },
  { python: "'👩‍🚀 🎉'", repr: "'👩\\u200d🚀 🎉'", type: 'str', nest: '👩‍🚀 🎉' },
  { python: `'"double" and \\'single\\''`, type: 'str', nest: `"double" and 'single'` },
  { python: "'back\\\\slash, tab\\t, line\\n, zero\\x00'", type: 'str', nest: 'back\\slash, tab\t, line\n, zero\0' },
  { python: "'\\u2028\\u2029\\ud83d'", type: 'str', nest: '\u2028\u2029\ud83d' },

  { python: '[]', type: 'list', nest: [] },
  { python: '{}', type: 'dict', nest: {} },
  { python: '(1, (2, 3))', repr: '[1, [2, 3]]', type: 'list', nest: [1, [2, 3]] },
  { python: "{'__proto__': {'polluted': True}}", type: 'dict', nest: JSON.parse('{"__proto__":{"polluted":true}}') },
  {
    python: "{'': None, 'ключ': [{'a': {'b': [1.0, 1]}}]}",
    type: 'dict',
    nest: { '': null, ключ: [{ a: { b: [new Float(1), 1] } }] },
  },
  {
    python: "{'__type__': 'date', '__value__': 'x', 'more': 1}",
    type: 'dict',
    nest: { __type__: 'date', __value__: 'x', more: 1 },
  },

  {
    python: 'datetime(2024, 2, 29, 12, 30, 15, 123456)',
    repr: 'datetime.datetime(2024, 2, 29, 12, 30, 15, 123456)',
    type: 'datetime',
    nest: DateTime.from('2024-02-29T12:30:15.123456'),
  },
  {
    python: 'datetime(2024, 2, 29, 12, 30, 15, 7, tzinfo=utc)',
    repr: 'datetime.datetime(2024, 2, 29, 12, 30, 15, 7, tzinfo=datetime.timezone.utc)',
    type: 'datetime',
    nest: DateTime.from('2024-02-29T12:30:15.000007+00:00'),
  },
  {
    python: 'datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=timezone(timedelta(hours=-8)))',
    repr: 'datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=57600)))',
    type: 'datetime',
    nest: DateTime.from('1969-12-31T23:59:59.999999-08:00'),
  },
  { python: 'date(2024, 2, 29)', repr: 'datetime.date(2024, 2, 29)', type: 'date', nest: new PlainDate(2024, 2, 29) },
  { python: 'time(23, 59, 1)', repr: 'datetime.time(23, 59, 1)', type: 'time', nest: new PlainTime(23, 59, 1) },
  {
    python: 'time(1, 2, 3, 456789, tzinfo=utc)',
    repr: 'datetime.time(1, 2, 3, 456789, tzinfo=datetime.timezone.utc)',
    type: 'time',
    nest: new PlainTime(1, 2, 3, 456789, 0),
  },
  { python: "Decimal('1.10')", type: 'Decimal', nest: new Decimal('1.10') },
  { python: "Decimal('1E+3')", type: 'Decimal', nest: new Decimal('1E+3') },
  { python: "Decimal('NaN')", type: 'Decimal', nest: new Decimal('NaN') },
  {
    python: "UUID('12345678-1234-5678-1234-567812345678')",
    type: 'UUID',
    nest: new Uuid('12345678-1234-5678-1234-567812345678'),
  },
  { python: "b''", type: 'bytes', nest: text.encode('') },
  { python: "b'text'", type: 'bytes', nest: text.encode('text') },
  { python: "b'\\xff\\x00\\xfe'", type: 'bytes', nest: Uint8Array.of(0xff, 0, 0xfe) },
  {
    python: "[{'when': date(2024, 2, 29), 'what': [Decimal('2.50'), b'\\xff']}]",
    repr: "[{'when': datetime.date(2024, 2, 29), 'what': [Decimal('2.50'), b'\\xff']}]",
    type: 'list',
    nest: [{ when: new PlainDate(2024, 2, 29), what: [new Decimal('2.50'), Uint8Array.of(0xff)] }],
  },
];

/** A text that is equal for two values exactly when they are equal in type and value. */
export function exact(value: unknown): string {
  if (typeof value === 'object' && value !== null) return exactObject(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (Object.is(value, -0)) return '-0';
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function exactObject(value: object): string {
  if (Array.isArray(value)) return `[${value.map(exact).join(', ')}]`;
  if (value instanceof Uint8Array) return `bytes(${Array.from(value).join(' ')})`;
  if (value instanceof DateTime) return `DateTime(${value.isoformat()})`;
  if (isText(value)) return `${value.constructor.name}(${value.toString()})`;
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${exact(member)}`);
  return `{${members.join(', ')}}`;
}

function isText(value: object): value is Decimal | Float | PlainDate | PlainTime | Uuid {
  return [Decimal, Float, PlainDate, PlainTime, Uuid].some((type) => value instanceof type);
}
