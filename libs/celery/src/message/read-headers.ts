import { isRecord } from '../canvas/signature-json.js';
import { Malformed } from './decoded-message.js';
import { PROTOCOL_HEADERS } from './header-names.js';
import { pick } from './pick.js';
import {
  idText,
  isAbsent,
  readCount,
  readId,
  readMoment,
  readText,
  toNumber,
  warnOfInteger,
  type Warn,
  type Wire,
} from './read-value.js';
import type { TaskHeaders } from './task-message.js';

/**
 * Reads the headers of a task.
 *
 * @param wire by Celery's names: the headers of protocol 2, the body of protocol 1, or both in one
 * @param envelopeHeaders the headers of the envelope, where custom ones are found in every protocol
 * @throws Malformed where a header that matters cannot be used
 */
export function readHeaders(wire: Wire, envelopeHeaders: Wire, warn: Warn): TaskHeaders {
  const id = readTaskId(wire);
  warnOfInteger('id', wire['id'], warn);
  return {
    lang: readText(wire, 'lang', warn) ?? 'py',
    task: readTaskName(wire),
    id,
    shadow: readText(wire, 'shadow', warn),
    eta: readMoment(wire, 'eta'),
    expires: readMoment(wire, 'expires'),
    group: readId(wire, 'group', warn),
    groupIndex: readGroupIndex(wire, warn),
    retries: readCount(wire, 'retries', 'retries', warn),
    timelimit: readTimelimit(wire, warn),
    rootId: readId(wire, 'root_id', warn) ?? id,
    parentId: readId(wire, 'parent_id', warn),
    argsrepr: readText(wire, 'argsrepr', warn),
    kwargsrepr: readText(wire, 'kwargsrepr', warn),
    origin: readText(wire, 'origin', warn),
    ignoreResult: readIgnoreResult(wire, warn),
    replacedTaskNesting: readCount(wire, 'replaced_task_nesting', 'headers', warn),
    stampedHeaders: readStampedHeaders(wire, warn),
    stamps: readStamps(wire, warn),
    custom: pick(envelopeHeaders, isCustom),
  };
}

/** @throws Malformed where the task has no name */
export function readTaskName(wire: Wire): string {
  const task = wire['task'];
  if (typeof task === 'string' && task !== '') return task;
  throw new Malformed('task', "header 'task' must be the name of a task: a non-empty string");
}

/** @throws Malformed where the task has no id: such a message ends every Python worker that receives it */
export function readTaskId(wire: Wire): string {
  const id = idText(wire['id']);
  if (id === undefined) throw new Malformed('id', "header 'id' must be a non-empty string");
  return id;
}

function isCustom(name: string): boolean {
  return !PROTOCOL_HEADERS.has(name);
}

function readGroupIndex(wire: Wire, warn: Warn): number | null {
  const value = wire['group_index'];
  if (isAbsent(value)) return null;
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) {
    warn("header 'group_index' is a string and was read as the number it means");
    return Number(value);
  }
  const index = toNumber(value);
  if (index !== undefined && Number.isSafeInteger(index)) return index;
  throw new Malformed('headers', "header 'group_index' must be a whole number or null");
}

function readTimelimit(wire: Wire, warn: Warn): TaskHeaders['timelimit'] {
  const value = wire['timelimit'];
  if (isAbsent(value)) return [null, null];
  if (!Array.isArray(value) || (value.length !== 0 && value.length !== 2))
    throw new Malformed('timelimit', TIMELIMIT_DETAIL);
  if (value.length === 0) warn("header 'timelimit' is empty and was left out");
  return [readLimit(value[0], warn), readLimit(value[1], warn)];
}

const TIMELIMIT_DETAIL = "header 'timelimit' must be [hard, soft], each a number of seconds or null";

/** Seconds; 0 means none to Python, which falls back to the limit of the task. */
function readLimit(value: unknown, warn: Warn): number | null {
  const seconds = toNumber(value);
  if (isAbsent(value) || seconds === 0) return null;
  if (seconds !== undefined && Number.isFinite(seconds) && seconds > 0) return seconds;
  warn("header 'timelimit' holds what is no number of seconds, which was left out");
  return null;
}

function readIgnoreResult(wire: Wire, warn: Warn): boolean | undefined {
  const value = wire['ignore_result'];
  if (typeof value === 'boolean') return value;
  if (!isAbsent(value)) warn("header 'ignore_result' is no boolean and was left out");
  return undefined;
}

function readStampedHeaders(wire: Wire, warn: Warn): string[] | null {
  const value = wire['stamped_headers'];
  if (isAbsent(value)) return null;
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value;
  warn("header 'stamped_headers' is no list of names and was left out");
  return null;
}

function readStamps(wire: Wire, warn: Warn): Readonly<Record<string, unknown>> {
  const value = wire['stamps'];
  if (isRecord(value)) return value;
  if (!isAbsent(value)) warn("header 'stamps' is no object and was left out");
  return {};
}
