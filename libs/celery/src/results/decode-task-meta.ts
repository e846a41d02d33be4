import { DecodeError } from '../errors/serialization-errors.js';
import type { ExtendedMeta, ResultTuple, TaskMeta } from '../ports/result-store.js';
import { decodeJson, isoformat, type JsonTypes } from '../serialization/index.js';
import { EXCEPTION_STATES, readException } from './exception-record.js';
import { readResultTuple, readResultTuples } from './result-tuple.js';

type StoredRecord = Readonly<Record<string, unknown>>;

/**
 * Reads the record of a task, of any Celery that writes JSON: what an older one does not write is null or absent.
 *
 * @param taskId whose record it is: the record itself may not say
 * @throws DecodeError when it is no record, or is not JSON (`result_serializer` is another)
 */
export function decodeTaskMeta(text: string, taskId: string, types?: JsonTypes): TaskMeta {
  const record = parseRecord(text, `The result of task ${taskId}`, types);
  const status = optionalText(record['status']);
  if (status === undefined) throw new DecodeError(`The result of task ${taskId} has no status`);
  return {
    taskId: optionalText(record['task_id']) ?? taskId,
    status,
    result: EXCEPTION_STATES.has(status) ? readException(record['result']) : (record['result'] ?? null),
    traceback: optionalText(record['traceback']) ?? null,
    children: readResultTuples(record['children']) ?? null,
    dateDone: readMoment(record['date_done']),
    ...optional('groupId', optionalText(record['group_id'])),
    ...optional('parentId', optionalText(record['parent_id'])),
    ...optional('extended', readExtended(record)),
  };
}

/** Reads a saved group. @throws DecodeError */
export function decodeGroupMeta(text: string, groupId: string): ResultTuple {
  const tuple = readResultTuple(parseRecord(text, `The group ${groupId}`)['result']);
  if (!tuple) throw new DecodeError(`The group ${groupId} is stored without its results`);
  return tuple;
}

function parseRecord(text: string, what: string, types?: JsonTypes): StoredRecord {
  const value = parse(text, what, types);
  if (isRecord(value)) return value;
  throw new DecodeError(`${what} is stored as JSON, but not as an object`);
}

function parse(text: string, what: string, types?: JsonTypes): unknown {
  try {
    return decodeJson(text, types);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unreadable';
    throw new DecodeError(`${what} cannot be read as JSON, Celery's default result_serializer: ${reason}`, { cause });
  }
}

function readExtended(record: StoredRecord): ExtendedMeta | undefined {
  if (!('name' in record && 'retries' in record)) return undefined;
  const { name, args, kwargs, worker, retries, queue } = record;
  return {
    name: optionalText(name) ?? '',
    args: Array.isArray(args) ? args : [],
    kwargs: isRecord(kwargs) ? kwargs : {},
    worker: optionalText(worker) ?? '',
    retries: typeof retries === 'number' ? retries : 0,
    queue: optionalText(queue) ?? '',
    ...readStamps(record),
  };
}

function readStamps(record: StoredRecord): Pick<ExtendedMeta, 'stampedHeaders' | 'stamps'> {
  const names = record['stamped_headers'];
  if (!Array.isArray(names)) return {};
  const stampedHeaders = names.filter((name) => typeof name === 'string');
  const present = stampedHeaders.filter((name) => Object.hasOwn(record, name));
  return { stampedHeaders, stamps: Object.fromEntries(present.map((name) => [name, record[name]])) };
}

/** Text, or (where a backend keeps typed values) a date that is written as text again. */
function readMoment(value: unknown): string | null {
  if (value instanceof Date) return isoformat(value);
  return optionalText(value) ?? null;
}

function optional<K extends string, T>(key: K, value: T | undefined): Partial<Record<K, T>> {
  const property: Partial<Record<K, T>> = {};
  if (value !== undefined) property[key] = value;
  return property;
}

function optionalText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.prototype.toString.call(value) === '[object Object]';
}
