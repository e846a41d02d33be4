import { DateTime, isoformat } from '../values/date-time.js';
import { Decimal } from '../values/decimal.js';
import { PlainDate } from '../values/plain-date.js';
import { PlainTime } from '../values/plain-time.js';
import { Uuid } from '../values/uuid.js';
import { bytesFromBase64, bytesFromText, encodeBytes } from './bytes.js';
import type { JsonTypes } from './json-types.js';

/** A value in the form that goes on the wire: marked, or standing alone (`marker` null). */
export interface Encoded {
  readonly marker: string | null;
  readonly value: unknown;
}

type Decode = (value: unknown) => unknown;

const decoders: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ['datetime', (value) => DateTime.from(text(value))],
  ['date', (value) => decodeDate(text(value))],
  ['time', (value) => PlainTime.from(text(value))],
  ['decimal', (value) => new Decimal(text(value))],
  ['uuid', (value) => new Uuid(uuidHex(value))],
  ['bytes', (value) => bytesFromText(text(value))],
  ['base64', (value) => bytesFromBase64(text(value))],
]);

/** The wire form of a value that has one; undefined for arrays, plain objects and whatever else. */
export function encodeTyped(value: object, types: JsonTypes): Encoded | undefined {
  const registered = types.of(value);
  return registered ? { marker: registered.marker, value: registered.encode(value) } : encodeBuiltin(value);
}

/** What turns the `__value__` of a marker into a value; undefined for an unknown marker. */
export function decoderOf(marker: unknown, types: JsonTypes): Decode | undefined {
  if (typeof marker !== 'string') return undefined;
  const registered = types.marked(marker);
  if (!registered) return decoders.get(marker);
  return (value) => (registered.decode ? registered.decode(value) : value);
}

function encodeBuiltin(value: object): Encoded | undefined {
  if (value instanceof Date) return { marker: 'datetime', value: isoformat(value) };
  if (value instanceof Uint8Array) return encodeBytes(value);
  if (value instanceof Decimal) return { marker: 'decimal', value: value.toString() };
  if (value instanceof Uuid) return { marker: 'uuid', value: { hex: value.hex } };
  if (value instanceof PlainDate) return { marker: 'date', value: value.toString() };
  if (value instanceof PlainTime) return { marker: 'time', value: value.toString() };
  return undefined;
}

/** kombu reads a date through `datetime.fromisoformat`, so a time behind it is allowed and dropped. */
function decodeDate(value: string): PlainDate {
  return PlainDate.from(value.split(/[T ]/, 1)[0] ?? '');
}

function uuidHex(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'hex' in value) return text(value.hex);
  throw new TypeError('a uuid must be { "hex": … }');
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('the __value__ must be a string');
  return value;
}
