import { DecodeError } from '../errors/serialization-errors.js';
import type { ChordResult } from '../ports/chord-store.js';
import { decodeJson, encodeJson, type JsonTypes } from '../serialization/index.js';
import { EXCEPTION_STATES, isExceptionInfo, readException, writeException } from './exception-record.js';

/** The first element of every part; Celery has never used another. */
const VERSION = 1;

/**
 * A part as Celery's Redis backend keeps it: `[1, "<task id>", "<state>", <result>]`, with Python's spaces, so that the same simple
 * result has the same bytes whoever reports it.
 *
 * @throws EncodeError when the result has no JSON form
 */
export function encodeChordPart({ taskId, status, result }: ChordResult, types?: JsonTypes): string {
  const stored = isExceptionInfo(result) && EXCEPTION_STATES.has(status) ? writeException(result, types) : result;
  return `[${[VERSION, taskId, status, stored ?? null].map((item) => encodeJson(item, types)).join(', ')}]`;
}

/** What the text of every part of a task begins with, as Python and other programs write it. */
export function chordPartPrefixes(taskId: string): readonly [string, string] {
  const id = encodeJson(taskId);
  return [`[${VERSION}, ${id},`, `[${VERSION},${id},`];
}

/** Reads a part. @throws DecodeError */
export function decodeChordPart(text: string, groupId: string, types?: JsonTypes): ChordResult {
  const part = decodeJson(text, types);
  const [, taskId, status, result] = Array.isArray(part) ? (part as unknown[]) : [];
  if (typeof taskId !== 'string' || typeof status !== 'string') {
    throw new DecodeError(`A part of chord ${groupId} is not stored as Celery stores it`);
  }
  return { taskId, status, result: EXCEPTION_STATES.has(status) ? readException(result) : (result ?? null) };
}
