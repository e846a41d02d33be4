import { Decimal } from '../serialization/values/decimal.js';
import { Float } from '../serialization/values/float.js';
import { PlainDate } from '../serialization/values/plain-date.js';
import { PlainTime } from '../serialization/values/plain-time.js';
import { pythonFloatRepr } from '../serialization/values/python-float.js';
import { Uuid } from '../serialization/values/uuid.js';
import { dateRepr, dateTimeRepr, timeRepr } from './datetime-repr.js';

/** `repr` of what is neither text, bytes nor a container. */
export function scalarRepr(value: unknown): string {
  switch (typeof value) {
    case 'boolean':
      return value ? 'True' : 'False';
    case 'number':
      return numberRepr(value);
    case 'bigint':
      return value.toString();
    case 'object':
      return value === null ? 'None' : objectRepr(value);
    case 'undefined':
      return 'None';
    default:
      return `<${typeof value}>`;
  }
}

function numberRepr(value: number): string {
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : floatRepr(value);
}

function floatRepr(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  return pythonFloatRepr(value);
}

function objectRepr(value: object): string {
  if (value instanceof Float) return floatRepr(value.value);
  if (value instanceof Date) return dateTimeRepr(value);
  if (value instanceof Decimal) return `Decimal('${value.toString()}')`;
  if (value instanceof Uuid) return `UUID('${value.toString()}')`;
  if (value instanceof PlainDate) return dateRepr(value);
  if (value instanceof PlainTime) return timeRepr(value);
  if (value instanceof Set) return 'set()';
  return `<${className(value)}>`;
}

function className(value: object): string {
  const { constructor } = value;
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'object';
}
